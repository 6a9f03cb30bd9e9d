using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters;

/// <summary>How many names of a wildcard are in use at once, and for how long.</summary>
public sealed class DynamicClustersTests : IAsyncDisposable
{
    private readonly ScriptedDns _dns = new(query => query.Name.StartsWith("none", StringComparison.Ordinal) ? query.Reply(3, []) : query.Answer(3600, IPAddress.Parse("8.8.8.8")));
    private readonly FakeTimeProvider _time = new();
    private readonly DnsHosts _names;
    private readonly DynamicClusters _clusters;

    public DynamicClustersTests()
    {
        _names = new DnsHosts(new DnsResolver(new ResolverConfig { Servers = [_dns.EndPoint], QueriesPerSecond = 100_000 }, _time), _time, new Random(1));
        var template = new ClusterConfig
        {
            Name = "outbound|80||*.wild.test",
            Host = "*.wild.test",
            Port = 80,
            Discovery = DiscoveryType.Dynamic,
            Identity = new DestinationIdentity("*.wild.test", "wild", "default"),
            Dns = new DnsHostOptions { Guard = AddressGuard.Strict, Family = DnsFamily.V4 },
        };
        _clusters = new DynamicClusters(template, config => new Cluster(config, _time, new Random(1), _ => null), _names, _time);
    }

    public async ValueTask DisposeAsync()
    {
        _clusters.Dispose();
        _names.Dispose();
        await _dns.DisposeAsync();
    }

    [Fact]
    public async Task So_many_names_are_in_use_at_once_and_room_comes_back()
    {
        List<Cluster> used = [];
        for (int i = 0; i < DynamicClusters.MaxNames; i++)
            used.Add((await FindAsync($"n{i}.wild.test")).Cluster!);

        DynamicResult more = await FindAsync("more.wild.test");
        Assert.Equal((DynamicOutcome.Overflow, null), (more.Outcome, more.Cluster));
        Assert.Equal((DynamicClusters.MaxNames, DynamicClusters.MaxNames), (_clusters.Count, _names.List.Length));
        Assert.Same(used[7], (await FindAsync("N7.wild.test.")).Cluster);

        _clusters.Return(used[3]);
        Assert.Equal(DynamicOutcome.Found, (await FindAsync("more.wild.test")).Outcome);
        Assert.Equal(DynamicClusters.MaxNames, _clusters.Count);
        Assert.DoesNotContain(_names.List, name => name.Name == "n3.wild.test.");
    }

    [Fact]
    public async Task What_is_not_used_goes_and_is_not_looked_up_any_more()
    {
        Cluster idle = (await FindAsync("idle.wild.test")).Cluster!;
        Cluster busy = (await FindAsync("busy.wild.test")).Cluster!;
        Assert.Equal(DynamicOutcome.NoAddress, (await FindAsync("none.wild.test")).Outcome);
        _clusters.Return(idle);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["busy.wild.test", "idle.wild.test"], Hosts());
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal([busy.Config.Host], Hosts());
        Assert.Equal(["busy.wild.test."], _names.List.Select(name => name.Name));
    }

    [Theory]
    [InlineData("wild.test")]
    [InlineData("a.other.test")]
    [InlineData("awild.test")]
    [InlineData("10.0.0.1")]
    [InlineData("8.8.8.8")]
    [InlineData("localhost")]
    [InlineData("a b.wild.test")]
    public async Task A_wildcard_opens_itself_alone(string name)
    {
        DynamicResult result = await FindAsync(name);

        Assert.Equal((DynamicOutcome.Refused, 0), (result.Outcome, _clusters.Count));
        Assert.NotEqual("", result.Reason);
        Assert.Equal(name == "10.0.0.1" ? 1 : 0, _names.RefusedAddresses);
    }

    private IEnumerable<string> Hosts() => _clusters.List.Select(cluster => cluster.Config.Host).Order(StringComparer.Ordinal);

    private ValueTask<DynamicResult> FindAsync(string name) => _clusters.FindAsync(name, CancellationToken.None);
}
