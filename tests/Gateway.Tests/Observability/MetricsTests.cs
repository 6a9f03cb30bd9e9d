using System.Text;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Observability;
using Gateway.Streams;

namespace Gateway.Tests.Observability;

public sealed class MetricsTests
{
    private readonly GatewayMetrics _metrics = new();

    [Fact]
    public async Task A_request_is_counted_with_Istios_labels()
    {
        RequestMetrics requests = new(_metrics.Factory, WorkloadIdentity.From("edge", new EquatableMap<string>([KeyValuePair.Create("app", "gw"), KeyValuePair.Create("version", "v2")]), "gw-deploy", "Kubernetes"));
        requests.OnRequestCompleted(Request(200));
        requests.OnRequestCompleted(Request(200));

        Assert.Contains(
            "istio_requests_total{reporter=\"source\",source_workload=\"gw-deploy\",source_workload_namespace=\"edge\",source_principal=\"unknown\",source_app=\"gw\","
            + "source_version=\"v2\",source_canonical_service=\"gw\",source_canonical_revision=\"v2\",source_cluster=\"Kubernetes\",destination_workload=\"unknown\","
            + "destination_workload_namespace=\"unknown\",destination_principal=\"unknown\",destination_app=\"unknown\",destination_version=\"unknown\","
            + "destination_service=\"reviews.default.svc.cluster.local\",destination_service_name=\"reviews\",destination_service_namespace=\"default\","
            + "destination_canonical_service=\"reviews\",destination_canonical_revision=\"unknown\",destination_cluster=\"unknown\",request_protocol=\"http\","
            + "response_code=\"200\",response_flags=\"-\",connection_security_policy=\"unknown\",grpc_response_status=\"\"} 2\n",
            await TextAsync(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Durations_and_sizes_fall_into_Envoys_buckets()
    {
        RequestMetrics requests = new(_metrics.Factory, new WorkloadIdentity());
        StreamInfo info = Request(200);
        info.Duration = TimeSpan.FromMilliseconds(30);
        info.BytesReceived = 3;
        info.BytesSent = 700;
        requests.OnRequestCompleted(info);

        string[] lines = (await TextAsync()).Split('\n');
        string[] edges = ["0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000", "60000", "300000", "600000", "1800000", "3600000", "+Inf"];
        Assert.Equal(edges, lines.Where(line => line.StartsWith("istio_request_duration_milliseconds_bucket", StringComparison.Ordinal)).Select(Edge));
        Assert.Equal("50", FirstHit(lines, "istio_request_duration_milliseconds_bucket"));
        Assert.Equal("5", FirstHit(lines, "istio_request_bytes_bucket"));
        Assert.Equal("1000", FirstHit(lines, "istio_response_bytes_bucket"));
    }

    [Fact]
    public async Task Health_checks_are_counted_by_cluster_until_it_has_none()
    {
        HealthCheckMetrics checks = new(_metrics.Factory);
        checks.Set("one", passed: 3, failed: 1, healthy: 2, unhealthy: 1, notYet: 4);
        string text = await TextAsync();
        Assert.Contains("gateway_health_checks_total{cluster=\"one\",result=\"success\"} 3\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_health_checks_total{cluster=\"one\",result=\"failure\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_health_check_endpoints{cluster=\"one\",health=\"healthy\"} 2\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_health_check_endpoints{cluster=\"one\",health=\"unhealthy\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("gateway_health_check_endpoints{cluster=\"one\",health=\"not_checked_yet\"} 4\n", text, StringComparison.Ordinal);

        // A policy that changed makes the cluster anew.
        checks.Set("one", passed: 1, failed: 0, healthy: 3, unhealthy: 0, notYet: 0);
        Assert.Contains("gateway_health_checks_total{cluster=\"one\",result=\"success\"} 1\n", await TextAsync(), StringComparison.Ordinal);

        checks.Retain(new HashSet<string>());
        Assert.DoesNotContain("cluster=\"one\"", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_route_has_an_unknown_destination_and_its_flag()
    {
        RequestMetrics requests = new(_metrics.Factory, new WorkloadIdentity());
        requests.OnRequestCompleted(new StreamInfo { ResponseCode = 404, Flags = ResponseFlags.NoRouteFound });

        string text = await TextAsync();
        Assert.Contains("destination_service=\"unknown\"", text, StringComparison.Ordinal);
        Assert.Contains("response_code=\"404\",response_flags=\"NR\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("14", "14")]
    [InlineData("17", "")]
    [InlineData("surprise", "")]
    [InlineData(null, "")]
    public async Task Only_real_gRPC_codes_become_labels(string? status, string label)
    {
        RequestMetrics requests = new(_metrics.Factory, new WorkloadIdentity());
        StreamInfo info = Request(200);
        info.IsGrpc = true;
        info.GrpcStatus = status;
        requests.OnRequestCompleted(info);

        string text = await TextAsync();
        Assert.Contains("request_protocol=\"grpc\"", text, StringComparison.Ordinal);
        Assert.Contains($"grpc_response_status=\"{label}\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_to_too_many_destinations_share_the_last_row()
    {
        TcpMetrics sessions = new(_metrics.Factory, new WorkloadIdentity(), maxSeries: 20);
        for (int i = 0; i < 30; i++)
            sessions.OnTcpOpened(Request(0, $"host-{i}"));

        string[] rows = [.. (await TextAsync()).Split('\n').Where(line => line.StartsWith("istio_tcp_connections_opened_total{", StringComparison.Ordinal))];
        Assert.Equal(21, rows.Length);
        Assert.EndsWith(" 10", rows.Single(row => row.Contains("destination_service=\"overflow\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Equal_destinations_share_a_row_and_too_many_share_the_last()
    {
        RequestMetrics requests = new(_metrics.Factory, new WorkloadIdentity(), maxSeries: 100);
        for (int i = 0; i < 150; i++)
            requests.OnRequestCompleted(Request(200, $"host-{i}"));
        requests.OnRequestCompleted(Request(200, "host-0"));

        string[] rows = [.. (await TextAsync()).Split('\n').Where(line => line.StartsWith("istio_requests_total{", StringComparison.Ordinal))];
        Assert.Equal(101, rows.Length);
        Assert.EndsWith(" 50", rows.Single(row => row.Contains("destination_service=\"overflow\"", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.EndsWith(" 2", rows.Single(row => row.Contains("destination_service=\"host-0\"", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listeners_and_certificates_that_are_gone_are_no_longer_shown()
    {
        _metrics.SetConnections("0.0.0.0_80", 3, 10, 4);
        _metrics.SetConnections("0.0.0.0_443", 1, 2, 0);
        _metrics.SetCertificate("default/shop", DateTimeOffset.UnixEpoch.AddSeconds(99), isBad: false);
        Assert.Contains("gateway_certificate_expiry_timestamp_seconds{certificate=\"default/shop\"} 99", await TextAsync(), StringComparison.Ordinal);

        _metrics.Retain(new HashSet<string>(), new HashSet<string> { "0.0.0.0_80" });

        string text = await TextAsync();
        Assert.Contains("gateway_listener_connections_open{listener=\"0.0.0.0_80\"} 3", text, StringComparison.Ordinal);
        Assert.Contains("gateway_listener_connections_total{listener=\"0.0.0.0_80\"} 10", text, StringComparison.Ordinal);
        Assert.DoesNotContain("0.0.0.0_443", text, StringComparison.Ordinal);
        Assert.DoesNotContain("default/shop", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_bound_again_starts_from_zero()
    {
        _metrics.SetConnections("0.0.0.0_80", 3, 10, 4);
        _metrics.SetConnections("0.0.0.0_80", 1, 2, 1);

        Assert.Contains("gateway_listener_connections_total{listener=\"0.0.0.0_80\"} 2", await TextAsync(), StringComparison.Ordinal);
    }

    private static string Edge(string line) => line.Split("le=\"")[1].Split('"')[0];

    private static string FirstHit(string[] lines, string name) => Edge(lines.First(line => line.StartsWith(name, StringComparison.Ordinal) && line.EndsWith(" 1", StringComparison.Ordinal)));

    private static StreamInfo Request(int code, string host = "reviews.default.svc.cluster.local") => new()
    {
        ResponseCode = code,
        Destination = new DestinationIdentity(host, host.Split('.')[0], "default"),
    };

    private async Task<string> TextAsync()
    {
        using MemoryStream stream = new();
        await _metrics.WriteAsync(stream, default);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
