using System.Collections.Immutable;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Demo;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Tests.Architecture;

namespace Gateway.Tests.Samples;

/// <summary>A folder of sample files, loaded and compiled as the program does it.</summary>
internal static class SampleFolder
{
    /// <summary>What the demo adds to the Bookinfo files, with made-up ports.</summary>
    public static IEnumerable<ConfigDocument> DemoDocuments()
    {
        DemoEndpoint[] endpoints =
        [
            new("productpage", "v1", 4001), new("details", "v1", 4002), new("ratings", "v1", 4003),
            new("reviews", "v1", 4011), new("reviews", "v2", 4012), new("reviews", "v3", 4013),
        ];
        yield return Document("demo/endpoints.yaml", BookinfoDocuments.EndpointSlices(endpoints));
        yield return Document("demo/certificate.yaml", BookinfoDocuments.Secret(DemoCertificate.Create(TimeProvider.System)));
    }

    /// <summary>The YAML files of a folder.</summary>
    /// <param name="folder">From the repository's root.</param>
    /// <param name="replaced">File name → other file (from the root) that takes its place.</param>
    public static IEnumerable<ConfigDocument> Documents(string folder, params (string Name, string Other)[] replaced) =>
        SourceTree.Files(folder, ".yaml").Select(file =>
        {
            string? other = replaced.FirstOrDefault(r => file.Path.EndsWith("/" + r.Name, StringComparison.Ordinal)).Other;
            return Document(file.Path, other is null ? file.Text : SourceTree.Read(other));
        });

    /// <summary>Loads and compiles.</summary>
    public static (GatewaySnapshot Snapshot, ImmutableArray<Diagnostic> Diagnostics) Compile(IEnumerable<ConfigDocument> documents, GatewayIdentity? identity = null)
    {
        LoadResult loaded = new ConfigLoader().Load([.. documents]);
        CompileResult compiled = SnapshotCompiler.Compile(loaded.Config, identity ?? new GatewayIdentity());
        return (compiled.Snapshot, [.. loaded.Diagnostics, .. compiled.Diagnostics]);
    }

    private static ConfigDocument Document(string source, string text) => new(source, Encoding.UTF8.GetBytes(text));
}
