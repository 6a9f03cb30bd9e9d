using System.Globalization;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>Names that lead inside, with real sockets.</summary>
public sealed class AddressGuardTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_address_that_was_checked_is_the_one_connected_to_whatever_the_next_answer_is(bool onEventLoops)
    {
        await using EchoUpstream allowed = await EchoUpstream.StartAsync("allowed");
        await using EchoUpstream inside = await EchoUpstream.StartAsync(new EchoOptions { Name = "inside", At = new IPEndPoint(IPAddress.Parse("127.0.0.2"), allowed.Port) });
        int answers = 0;
        // Each answer is good for no time at all, and every other one leads inside.
        await using var dns = new ScriptedDns(query => query.Answer(0, Interlocked.Increment(ref answers) % 2 == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")));
        await using TestGateway gateway = await StartAsync(dns.EndPoint, onEventLoops, "127.0.0.1", allowed.Port);

        int good = 0, refused = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(gateway.Port(3128), "GET / HTTP/1.1\r\nHost: x.wild.test\r\nConnection: close\r\n\r\n");
                Assert.Contains(answer?.Status, (int?[])[200, 503]);
                _ = answer?.Status == 200 ? good++ : refused++;
                return good > 1 && refused > 1;
            },
            "the name leads to the allowed server and, refused, inside");

        Assert.Equal(0, inside.Connections);
        Assert.Contains("gateway_egress_refused_addresses_total", await gateway.EgressMetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_addresses_those_that_are_refused_are_never_tried()
    {
        await using EchoUpstream inside = await EchoUpstream.StartAsync(new EchoOptions { Name = "inside", At = new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0) });
        await using var dns = new ScriptedDns(query => query.Answer(60, IPAddress.Parse("127.0.0.2"), IPAddress.Loopback));
        // Nobody listens at the allowed address: the refused one must not be what is tried next.
        await using TestGateway gateway = await StartAsync(dns.EndPoint, false, "127.0.0.1", inside.Port);

        RawHttpResponse? answer = await RawHttpConnection.ExchangeAsync(gateway.Port(3128), "GET / HTTP/1.1\r\nHost: x.wild.test\r\nConnection: close\r\n\r\n");

        Assert.Equal(503, answer?.Status);
        Assert.Equal("UF,URX", (await gateway.CompletionAsync(_ => true)).Flags);
        Assert.Equal(0, inside.Connections);
    }

    [Fact]
    public async Task Metrics_tell_of_names_refusals_and_wildcards()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        bed.Dns.Set("inside.wild.test", TimeSpan.FromSeconds(60), IPAddress.Parse("10.1.2.3"), IPAddress.Parse("169.254.169.254"));
        bed.Dns.Fail("broken.wild.test");
        foreach (string host in (string[])["a.wild.test", "inside.wild.test", "broken.wild.test", "unknown.test", "unknown.test"])
            await bed.ExchangeAsync($"GET http://{host}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        await bed.ExchangeAsync("CONNECT unknown.test:443 HTTP/1.1\r\nHost: x\r\n\r\n");

        Dictionary<string, double> metrics = (await bed.Gateway.EgressMetricsAsync()).Split('\n').Where(line => line.StartsWith("gateway_", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).ToDictionary(line => line[0], line => double.Parse(line[1], CultureInfo.InvariantCulture));

        Assert.Equal(
            (3, 0, 2, 1), (metrics["gateway_dns_hosts{state=\"good\"}"], metrics["gateway_dns_hosts{state=\"stale\"}"], metrics["gateway_dns_hosts{state=\"empty\"}"], metrics["gateway_dns_hosts_failing"]));
        Assert.Equal(3, metrics["gateway_dns_addresses"]);
        Assert.InRange(metrics["gateway_dns_oldest_answer_seconds"], 0.000_001, 30);
        Assert.Equal((4, 0), (metrics["gateway_dns_lookups_total{result=\"found\"}"], metrics["gateway_dns_lookups_total{result=\"not_found\"}"]));
        Assert.InRange(metrics["gateway_dns_lookups_total{result=\"failed\"}"], 1, 5);
        Assert.True(metrics["gateway_dns_queries_total"] >= 5, "queries are counted");
        Assert.Equal((3, 2), (metrics["gateway_egress_dynamic_names"], metrics["gateway_egress_refused_addresses_total"]));
        Assert.Equal(
            (2, 1, 0), (metrics["gateway_egress_denied_total{protocol=\"HTTP\"}"], metrics["gateway_egress_denied_total{protocol=\"CONNECT\"}"], metrics["gateway_egress_denied_total{protocol=\"TLS\"}"]));
        Assert.Equal(2, metrics["gateway_egress_denied_destinations"]);
    }

    private static async Task<TestGateway> StartAsync(IPEndPoint dns, bool onEventLoops, string allowed, int port)
    {
        TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline, onEventLoops: onEventLoops, dns: dns);
        Assert.Empty(await gateway.ApplyAsync(
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: proxy, annotations: {egress.gateway/forward-proxy: "true"}}
            spec:
              servers: [{port: {number: 3128, name: http, protocol: HTTP}, hosts: ["*"]}]
            """,
            $$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata:
              name: wild
              annotations: {egress.gateway/allow-addresses: {{allowed}}, egress.gateway/dns-refresh: 50ms, egress.gateway/dns-min-ttl: 50ms}
            spec:
              hosts: ["*.wild.test"]
              resolution: DYNAMIC_DNS
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: {{port}}}]
            """));
        return gateway;
    }
}
