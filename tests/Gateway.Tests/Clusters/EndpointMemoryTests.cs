using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters;

/// <summary>What an address keeps while DNS answers change around it.</summary>
public sealed class EndpointMemoryTests
{
    [Fact]
    public async Task Ejection_warm_up_and_counters_survive_a_refresh_by_address()
    {
        IPAddress first = IPAddress.Parse("10.0.0.1"), second = IPAddress.Parse("10.0.0.2"), third = IPAddress.Parse("10.0.0.3");
        var time = new FakeTimeProvider();
        await using var dns = new FakeDns();
        dns.Set("up.test", TimeSpan.FromSeconds(10), first, second);
        using var names = new DnsHosts(new DnsResolver(new ResolverConfig { Servers = [dns.EndPoint] }, time), time, new Random(1));
        var config = new ClusterConfig
        {
            Name = "outbound|80||up.test",
            Host = "up.test",
            Port = 80,
            Discovery = DiscoveryType.StrictDns,
            Dns = new DnsHostOptions { Family = DnsFamily.V4 },
            OutlierDetection = new OutlierConfig { Consecutive5xx = 1, MaxEjectionPercent = 100 },
            Identity = DestinationIdentity.Unknown,
        };
        using var cluster = new Cluster(config, time, new Random(1), _ => null);
        cluster.Assign([new EndpointConfig { Address = "up.test", Port = 80 }], names);
        await Eventually.HoldsAsync(() => cluster.Endpoints.Count == 2, "the addresses are known");
        UpstreamEndpoint kept = cluster.Endpoints.Endpoints.Single(endpoint => endpoint.Authority == "10.0.0.1:80");
        kept.Begin();
        cluster.ReportStatus(kept, 503, 503);
        long readyAt = kept.ReadyAt;
        Assert.True(kept.Outlier.IsEjected, "one failure is enough");

        dns.Set("up.test", TimeSpan.FromSeconds(10), third, first);
        await Eventually.HoldsAsync(
            () =>
            {
                if (dns.Queries("up.test") == 1)
                    time.Advance(TimeSpan.FromSeconds(1));
                return cluster.Endpoints.Endpoints.Any(endpoint => endpoint.Authority == "10.0.0.3:80");
            },
            "the new answer is taken");

        Assert.Same(kept, cluster.Endpoints.Endpoints.Single(endpoint => endpoint.Authority == "10.0.0.1:80"));
        Assert.True(kept.Outlier.IsEjected, "nobody has forgiven it");
        Assert.Equal((readyAt, 1, 1L), (kept.ReadyAt, kept.ActiveRequests, kept.TotalRequests));
        UpstreamEndpoint added = cluster.Endpoints.Endpoints.Single(endpoint => endpoint.Authority == "10.0.0.3:80");
        Assert.True(added.ReadyAt > readyAt, "what is new begins to warm up");
        Assert.False(added.Outlier.IsEjected);
        Assert.Equal(2, cluster.Endpoints.Count);
    }
}
