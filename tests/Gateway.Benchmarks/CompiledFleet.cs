using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Routing;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Microsoft.AspNetCore.Http;

namespace Gateway.Benchmarks;

/// <summary>Loading and compiling without files and sockets.</summary>
internal static class CompiledFleet
{
    /// <summary>Loads and compiles; a finding is a defect of the benchmark.</summary>
    public static GatewaySnapshot Compile(IReadOnlyList<ConfigDocument> documents)
    {
        LoadResult loaded = new ConfigLoader().Load(documents);
        CompileResult compiled = SnapshotCompiler.Compile(loaded.Config, new GatewayIdentity());
        Diagnostic? finding = loaded.Diagnostics.Concat(compiled.Diagnostics).FirstOrDefault(d => d.Severity == Severity.Error);
        return finding is null ? compiled.Snapshot : throw new InvalidDataException(finding.ToString());
    }

    /// <summary>The route table of the only listener.</summary>
    public static RouteTable Routes(IEnumerable<ConfigDocument> documents) => Compile([.. documents]).Listeners[0].FilterChains[0].Routes;

    /// <summary>A plain GET.</summary>
    public static RouteRequest Get(string authority, string path) => new()
    {
        Method = "GET",
        Scheme = "http",
        Authority = authority,
        Path = path,
        Query = "",
        Headers = new HeaderDictionary { ["user-agent"] = "benchmark", ["accept"] = "*/*" },
        ListenerPort = 80,
        ListenerIsTls = false,
    };
}
