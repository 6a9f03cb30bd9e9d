using Gateway.Clusters;
using Gateway.Tests.Transport;
using Gateway.Tls;
using Gateway.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters;

public sealed class LoopPoolsTests
{
    [LinuxFact]
    public async Task Clients_that_name_ever_new_hosts_get_the_pools_of_the_latest_256()
    {
        using var group = new EventLoopGroup(new EventLoopOptions { Loops = 1 });
        var config = new ClusterConfig
        {
            Name = "outbound|443||*.test",
            Host = "*.test",
            Port = 443,
            Discovery = DiscoveryType.Static,
            Tls = new UpstreamTlsConfig(),
            Identity = DestinationIdentity.Unknown,
        };
        using var cluster = new Cluster(config, new FakeTimeProvider(), new Random(1), _ => null);
        List<Pool> made = [];
        var pools = new LoopPools<Pool>((_, _, authority) =>
        {
            var pool = new Pool(authority);
            made.Add(pool);
            return pool;
        });
        await group.Loops[0].SwitchAsync();

        for (int i = 0; i < 1000; i++)
            pools.For(group.Loops[0], cluster, $"host-{i}.test");

        Assert.Equal(made[^256..], made.Where(pool => !pool.IsRetired));
        Assert.Same(made[^1], pools.For(group.Loops[0], cluster, "host-999.test"));
    }

    private sealed class Pool(string authority) : ILoopPool
    {
        public bool IsRetired { get; private set; }

        public void Retire() => IsRetired = true;

        public bool GiveUpOne() => false;

        public override string ToString() => authority;
    }
}
