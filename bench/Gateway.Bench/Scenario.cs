namespace Gateway.Bench;

/// <summary>What the proxy speaks to the origin.</summary>
internal enum Upstream
{
    Http1,
    Http2,
    Grpc,
}

/// <summary>One kind of load.</summary>
/// <param name="Name">For <c>--scenarios</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Quick">Whether <c>--quick</c> has it.</param>
/// <param name="Upstream">What the proxy speaks to the origin.</param>
/// <param name="Load">The load for so many seconds.</param>
internal sealed record Scenario(string Name, string Title, bool Quick, Upstream Upstream, Func<Contender, BenchFolder, int, Task<LoadResult>> Load)
{
    /// <summary>All, in the order of the tables.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        Wrk("h1-small", "HTTP/1.1, 20 bytes, 64 connections", true, p => $"http://127.0.0.1:{p.Plain}/small", 64),
        Wrk("h1", "HTTP/1.1, 1 KB, 64 connections", true, p => $"http://127.0.0.1:{p.Plain}/1k", 64),
        Wrk("h1-512", "HTTP/1.1, 1 KB, 512 connections", true, p => $"http://127.0.0.1:{p.Plain}/1k", 512),
        Wrk("https", "HTTPS keep-alive, 1 KB, 64 connections", true, p => $"https://127.0.0.1:{p.Tls}/1k", 64),
        new("handshake", "HTTPS, a full handshake per request", false, Upstream.Http1, LoadTools.HandshakeAsync),
        Wrk("connect", "HTTP/1.1, a connection per request", false, p => $"http://127.0.0.1:{p.Plain}/1k", 16, "-H", "Connection: close"),
        new("resume", "HTTPS, a resumed handshake per connection", false, Upstream.Http1, LoadTools.ResumeAsync),
        H2("h2-h1", "HTTP/2 over TLS to HTTP/1.1, 1 KB", true, Upstream.Http1, p => $"https://127.0.0.1:{p.Tls}/1k"),
        H2("h2c-h1", "HTTP/2 without TLS to HTTP/1.1, 1 KB", false, Upstream.Http1, p => $"http://127.0.0.1:{p.H2c}/1k"),
        H2("h2-h2c", "HTTP/2 over TLS to h2c, 1 KB", false, Upstream.Http2, p => $"https://127.0.0.1:{p.Tls}/h2c/1k"),
        new("grpc", "gRPC unary, 100 bytes", false, Upstream.Grpc, LoadTools.GrpcAsync),
        Wrk("100k", "HTTP/1.1, 100 KB", true, p => $"http://127.0.0.1:{p.Plain}/100k", 16),
        Wrk("10m", "HTTP/1.1, 10 MB", false, p => $"http://127.0.0.1:{p.Plain}/10m", 4),
        new("upload", "HTTP/1.1, uploads of 1 MB", true, Upstream.Http1, LoadTools.UploadAsync),
        new("ws", "WebSocket messages of 128 bytes, 32 connections", false, Upstream.Http1, WebSocketLoad.RunAsync),
    ];

    private static Scenario Wrk(string name, string title, bool quick, Func<Contender, string> url, int connections, params string[] options) =>
        new(name, title, quick, Upstream.Http1, (proxy, _, seconds) => LoadTools.WrkAsync(url(proxy), connections, seconds, options));

    private static Scenario H2(string name, string title, bool quick, Upstream upstream, Func<Contender, string> url) =>
        new(name, title, quick, upstream, (proxy, _, seconds) => LoadTools.H2LoadAsync(url(proxy), seconds));
}

/// <summary>What a load brought about.</summary>
/// <param name="Requests">Answered well.</param>
/// <param name="Errors">Not answered, or not with 2xx.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="P50Ms">Median latency; 0 = not told.</param>
/// <param name="P99Ms">99th percentile; 0 = not told.</param>
internal sealed record LoadResult(long Requests, long Errors, double Seconds, double P50Ms = 0, double P99Ms = 0);
