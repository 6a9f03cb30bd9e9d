using System.Net;

namespace Gateway.Bench;

/// <summary>Loads with the request that proves them.</summary>
internal static class Variants
{
    /// <summary>GET of a static body with wrk.</summary>
    public static Variant Wrk(string name, Func<Contender, string> server, string path, int connections, params string[] headers) => new(
        name,
        (proxy, _, seconds) => Bench.Wrk.RunAsync(server(proxy) + path, connections, seconds, [.. headers.SelectMany(header => (string[])["-H", header])]),
        (proxy, _) => Probe.GetAsync(server(proxy) + path, Size(path), HttpVersion.Version11, headers));

    /// <summary>GET with h2load.</summary>
    public static Variant H2(Func<Contender, string> server, string path) => new(
        "",
        (proxy, _, seconds) => H2Load.RunAsync(server(proxy) + path, seconds),
        (proxy, _) => Probe.GetAsync(server(proxy) + path, Size(path), HttpVersion.Version20));

    /// <summary>gRPC calls with one message in and some out, with h2load; counted are the messages out.</summary>
    public static Variant Grpc(string path, int messages) => new(
        "",
        async (proxy, folder, seconds) =>
        {
            LoadResult calls = await H2Load.RunAsync(H2c(proxy) + path, seconds, "-d", Path.Combine(folder.Path, "grpc.bin"), "-H", "content-type: application/grpc", "-H", "te: trailers");
            return calls with { Done = calls.Done * messages };
        },
        (proxy, _) => Probe.GrpcAsync(H2c(proxy) + path, messages));

    /// <summary>Requests that a script of wrk makes.</summary>
    public static Variant Script(string name, string path, string script, int connections, Func<Contender, BenchFolder, Task<string?>> probe) => new(
        name,
        (proxy, folder, seconds) => Bench.Wrk.RunAsync(Plain(proxy) + path, connections, seconds, "-s", Path.Combine(folder.Path, script)),
        probe);

    public static string Plain(Contender proxy) => $"http://127.0.0.1:{proxy.Plain}";

    public static string Tls(Contender proxy) => $"https://localhost:{proxy.Tls}";

    public static string H2c(Contender proxy) => $"http://127.0.0.1:{proxy.H2c}";

    public static string Tcp(Contender proxy) => $"http://127.0.0.1:{proxy.Tcp}";

    public static string Passthrough(Contender proxy) => $"https://localhost:{proxy.Passthrough}";

    private static int Size(string path) => StaticOrigin.Bodies[path[(path.LastIndexOf('/') + 1)..]];
}
