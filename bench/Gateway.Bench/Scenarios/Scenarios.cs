using static Gateway.Bench.Variants;

namespace Gateway.Bench;

/// <summary>All loads, in the order of the tables.</summary>
internal static class Scenarios
{
    private const double Bytes100k = 100.0 / 1024;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("h1-small", "HTTP/1.1, 20 bytes, 64 connections", Wrk("", Plain, "/small", 64)),
        new("h1", "HTTP/1.1, 1 KB, 64 connections", Wrk("", Plain, "/1k", 64)) { Quick = true },
        new("h1-512", "HTTP/1.1, 1 KB, 512 connections", Wrk("", Plain, "/1k", 512)),
        new("https", "HTTPS keep-alive, 1 KB, 64 connections", Wrk("", Tls, "/1k", 64)) { Quick = true },
        new("connect", "HTTP/1.1, a connection per request", Wrk("", Plain, "/1k", 16, "Connection: close")) { Unit = "conn" },
        new("handshake", "HTTPS, a full handshake (ECDSA P-256) and a request per connection", new Variant("", TlsHandshakes.FullAsync, Probe.NoneAsync)) { Unit = "conn" },
        new("resume", "HTTPS, a resumed handshake and a request per connection", new Variant("", TlsHandshakes.ResumedAsync, Probe.NoneAsync)) { Unit = "conn" },
        new("h2-h1", "HTTP/2 over TLS to HTTP/1.1, 1 KB", H2(Tls, "/1k")) { Quick = true },
        new("h2c-h1", "HTTP/2 without TLS to HTTP/1.1, 1 KB", H2(H2c, "/1k")),
        // nginx has no HTTP/2 to the origin but for gRPC.
        new("h2-h2c", "HTTP/2 over TLS to h2c, 1 KB", H2(Tls, "/h2c/1k") with { Takes = proxy => proxy is not Nginx }),
        new("grpc", "gRPC unary, 100 bytes", Grpc("/bench.Echo/Unary", 1)) { Quick = true },
        new("grpc-stream", "gRPC, 100 messages of 100 bytes in one answer", Grpc("/bench.Echo/Stream", AppOrigin.StreamedMessages)) { Unit = "msg" },
        new("grpc-talk", "gRPC, messages of 100 bytes to and fro in 32 streams", new Variant("", GrpcTalk.RunAsync, Probe.NoneAsync)) { Unit = "msg" },
        new("ws", "WebSocket messages of 128 bytes to and fro, 32 connections", new Variant("", WebSocketLoad.RunAsync, Probe.NoneAsync)) { Unit = "msg" },
        new("100k", "HTTP/1.1, 100 KB, 16 connections", Wrk("", Plain, "/100k", 16)) { Quick = true, Megabytes = Bytes100k },
        new("10m", "HTTP/1.1, 10 MB, 4 connections", Wrk("", Plain, "/10m", 4)) { Megabytes = 10 },
        new("upload", "HTTP/1.1, uploads of 1 MB, 8 connections", Script("", "/app/upload", "upload.lua", 8, (proxy, _) => Probe.UploadAsync(Plain(proxy) + "/app/upload")))
        {
            Quick = true, Megabytes = 1,
        },
        new("tcp", "TCP, 10 MB answers, 4 connections", Wrk("", Tcp, "/10m", 4) with { Takes = IsForTcp }) { Megabytes = 10 },
        new("passthrough", "TLS passed through by server name, 10 MB answers, 4 connections", Wrk("", Passthrough, "/10m", 4) with { Takes = IsForTcp }) { Megabytes = 10 },
        new("tls-upstream", "HTTP/1.1, 1 KB, to the origin in the clear and over TLS", Wrk("plain", Plain, "/1k", 64), Wrk("tls", Plain, "/tls/1k", 64)) { Note = EncryptionCost },
        .. PolicyScenarios.All,
    ];

    private static bool IsForTcp(Contender proxy) => proxy is not Yarp;

    // The bound of TLS to the origin: 1.15 of what the plain way costs, and encryption. What TLS adds at nginx can be less than
    // nothing: an origin that speaks it sends head and body in one piece.
    private static FormattableString EncryptionCost(IReadOnlyList<Measurement> rows, BenchFolder folder)
    {
        double encryption = Encryption.Micros(folder.Path);
        string gateway = rows.FirstOrDefault(row => row.Contender.StartsWith("gateway", StringComparison.Ordinal))?.Contender ?? "gateway";
        double plain = Micros(gateway, "plain"), tls = Micros(gateway, "tls");
        return $"encryption alone, by OpenSSL: {encryption:F2} µs; {gateway} over TLS: {tls / plain:F2} of its plain cost, {tls / (1.15 * plain + encryption):F2} of 1.15 times its plain cost plus encryption; TLS adds {tls - plain:F1} µs, at nginx {Micros("nginx", "tls") - Micros("nginx", "plain"):F1} µs";

        double Micros(string contender, string variant) => rows.FirstOrDefault(row => row.Contender == contender && row.Variant == variant)?.Micros ?? double.NaN;
    }
}
