using System.Collections.Immutable;

namespace Gateway.Demo;

/// <summary>The files compiled into the program for the demo: its pages and a copy of its samples.</summary>
internal static class DemoResources
{
    private const string PagePrefix = "demo/pages/";
    private const string SamplePrefix = "demo/samples/";

    /// <summary>The text of a page file, e.g. <c>bookinfo.css</c>.</summary>
    public static string Page(string name) => Read(PagePrefix + name);

    /// <summary>The files of the sample, by their path below <c>samples</c>.</summary>
    public static ImmutableArray<string> SampleFiles { get; } =
    [
        .. typeof(DemoResources).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(SamplePrefix, StringComparison.Ordinal))
            .Select(name => name[SamplePrefix.Length..])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a file of the sample.</summary>
    public static string SampleFile(string path) => Read(SamplePrefix + path);

    private static string Read(string name)
    {
        using Stream stream = typeof(DemoResources).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not compiled into the program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
