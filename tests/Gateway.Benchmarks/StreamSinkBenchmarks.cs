using System.Net;
using BenchmarkDotNet.Attributes;
using Gateway.Clusters;
using Gateway.Config.Model;
using Gateway.Observability;
using Gateway.Observability.AccessLogs;
using Gateway.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Benchmarks;

/// <summary>What the end of a request costs on its own thread: the standard metrics, a line of the access log.</summary>
[MemoryDiagnoser]
public class StreamSinkBenchmarks
{
    private readonly StreamInfo _request = Request();
    private RequestMetrics _metrics = null!;
    private AccessLog _text = null!;
    private AccessLog _json = null!;

    [GlobalSetup]
    public async Task Setup()
    {
        _metrics = new RequestMetrics(new GatewayMetrics().Factory, new WorkloadIdentity());
        _text = await LogAsync(AccessLogEncoding.Text);
        _json = await LogAsync(AccessLogEncoding.Json);
    }

    [Benchmark]
    public void Metrics() => _metrics.OnRequestCompleted(_request);

    [Benchmark]
    public void TextLine() => _text.OnRequestCompleted(_request);

    [Benchmark]
    public void JsonLine() => _json.OnRequestCompleted(_request);

    private static async Task<AccessLog> LogAsync(AccessLogEncoding encoding)
    {
        var log = new AccessLog(_ => Stream.Null, TimeProvider.System, NullLogger<AccessLog>.Instance);
        await log.ConfigureAsync(new AccessLogSettings("null", encoding, ""));
        return log;
    }

    private static StreamInfo Request() => new()
    {
        StartTime = DateTimeOffset.UnixEpoch.AddDays(20_000),
        Duration = TimeSpan.FromMilliseconds(3.2),
        Method = "GET",
        Path = "/api/v1/items?page=3",
        Protocol = "HTTP/1.1",
        Scheme = "https",
        ResponseCode = 200,
        ResponseCodeDetails = "via_upstream",
        BytesSent = 1234,
        UpstreamServiceTimeMs = 2,
        ForwardedFor = "203.0.113.9",
        UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        RequestId = "ffb5f047-b8f4-4b2a-be4d-487e469be9b5",
        Authority = "shop.example.com",
        UpstreamHost = "10.0.0.5:8080",
        UpstreamCluster = "outbound|80|v1|shop.default.svc.cluster.local",
        RouteName = "main",
        Destination = new DestinationIdentity("shop.default.svc.cluster.local", "shop", "default"),
        Connection = new DownstreamConnection
        {
            ListenerPort = 443,
            ListenerName = "0.0.0.0_443",
            FilterChainName = "https.443",
            FilterChainKey = "https.443",
            IsTls = true,
            RequestedServerName = "shop.example.com",
            RemoteEndPoint = IPEndPoint.Parse("203.0.113.9:50000"),
            LocalEndPoint = IPEndPoint.Parse("10.0.0.1:443"),
            RemoteAddress = "203.0.113.9:50000",
            LocalAddress = "10.0.0.1:443",
            RemoteIp = "203.0.113.9",
            LocalIp = "10.0.0.1",
        },
    };
}
