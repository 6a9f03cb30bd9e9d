using System.Net;
using Gateway.Demo;
using Gateway.Hosting;

namespace Gateway.Cli;

/// <summary>What <c>gateway demo</c> prints once it serves: where to look, and what to try.</summary>
internal static class DemoGuide
{
    private const string Reviews = "reviews.yaml";

    /// <summary>Writes the guide.</summary>
    public static void Write(CliConsole console, GatewayHost gateway, IReadOnlyList<DemoEndpoint> servers, DemoFiles files, string endpointsFolder)
    {
        TextWriter text = console.Out;
        text.WriteLine();
        if (files.Written)
            text.WriteLine($"Wrote the sample's files to {Shown(Path.GetDirectoryName(files.Config)!)}; they are yours to edit.");
        text.WriteLine("Bookinfo is open: a small bookshop behind the gateway.");
        text.WriteLine();
        WriteUrl(text, gateway, "http", DemoCommand.HttpPort, "");
        WriteUrl(text, gateway, "https", DemoCommand.HttpsPort, "   (certificate made at start, signed by nobody)");
        text.WriteLine();
        WriteThingsToTry(text, files, endpointsFolder);
        text.WriteLine();
        text.WriteLine("Running in this process:");
        foreach (DemoEndpoint server in servers)
            text.WriteLine($"  {server.Service + " " + server.Version,-16} 127.0.0.1:{server.Port}");
        if (gateway.DataPlane.Listeners.EndPointOf(DemoCommand.InternalPort) is { } inside)
            text.WriteLine($"  {"gateway inside",-16} 127.0.0.1:{inside.Port}   (through it the services call each other)");
        WriteOwnPort(text, gateway, "admin", "");
        WriteOwnPort(text, gateway, "health", "/healthz/ready");
        WriteOwnPort(text, gateway, "metrics", "/stats/prometheus");
        text.WriteLine();
        text.WriteLine("Ctrl+C ends it.");
        text.Flush();
    }

    /// <summary>A path as a person would type it: relative where that is shorter.</summary>
    public static string Shown(string path)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.Length < path.Length && !Path.IsPathRooted(relative) ? relative : path;
    }

    private static void WriteUrl(TextWriter text, GatewayHost gateway, string scheme, int port, string remark)
    {
        if (gateway.DataPlane.Listeners.EndPointOf(port) is { } bound)
            text.WriteLine($"  {scheme}://localhost:{bound.Port}/productpage{remark}");
    }

    private static void WriteThingsToTry(TextWriter text, DemoFiles files, string endpointsFolder)
    {
        string reviews = Shown(Path.Combine(files.Config, Reviews));
        text.WriteLine("Try:");
        text.WriteLine("  1. Sign in as jason, with any password: the reviews have black stars.");
        text.WriteLine($"  2. Edit the weights in {reviews}, save, and watch the page: v3 has red stars.");
        int step = 3;
        if (files.Alternatives is { } alternatives)
            text.WriteLine($"  {step++}. cp {Shown(Path.Combine(alternatives, "50-v3.yaml"))} {reviews}");
        text.WriteLine($"  {step}. {Program()} explain --config {Shown(files.Config)} --config {endpointsFolder} \\");
        text.WriteLine("       --header 'end-user: jason' GET http://reviews.default.svc.cluster.local:9080/reviews/0");
    }

    private static void WriteOwnPort(TextWriter text, GatewayHost gateway, string purpose, string path)
    {
        if (gateway.EndPointOf(purpose) is { } bound)
            text.WriteLine($"  {purpose,-16} http://{(IPAddress.IsLoopback(bound.Address) ? bound.Address : "localhost")}:{bound.Port}{path}");
    }

    // Under "dotnet run" the program's own file, so that the line can be copied.
    private static string Program() =>
        Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "gateway" ? Shown(path) : "gateway";
}
