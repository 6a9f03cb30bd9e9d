using System.Diagnostics;
using System.Globalization;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Clusters.LoadBalancing;
using Gateway.Config;

namespace Gateway.Benchmarks;

/// <summary>A cluster with 10,000 endpoints of which some change with every update, and picking among 10 and among 1,000.</summary>
internal static class EndpointUpdates
{
    private const int Endpoints = 10_000;
    private const int Changed = 100;
    private const int Updates = 20;
    private const int Picks = 2_000_000;

    /// <summary>Processor time of one update, in milliseconds: new endpoints taken over, tables made anew.</summary>
    public static double MillisecondsPerUpdate(LoadBalancerAlgorithm algorithm, int tableSize)
    {
        using var cluster = new Cluster(Config(algorithm, tableSize), TimeProvider.System, new Random(1), _ => null);
        using var names = new DnsHosts(new DnsResolver(ResolverConfig.FromSystem(), TimeProvider.System), TimeProvider.System, new Random(1));
        EquatableArray<EndpointConfig>[] sets = [.. Enumerable.Range(0, Updates + 3).Select(turn => Set(Endpoints, turn))];
        for (int warm = 0; warm < 3; warm++)
            cluster.Assign(sets[warm], names);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int update = 3; update < sets.Length; update++)
            cluster.Assign(sets[update], names);
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / Updates;
    }

    /// <summary>Time of one choice among so many endpoints, in nanoseconds.</summary>
    public static double NanosecondsPerPick(LoadBalancerAlgorithm algorithm, int tableSize, int endpoints)
    {
        using var cluster = new Cluster(Config(algorithm, tableSize), TimeProvider.System, new Random(1), _ => null);
        using var names = new DnsHosts(new DnsResolver(ResolverConfig.FromSystem(), TimeProvider.System), TimeProvider.System, new Random(1));
        cluster.Assign(Set(endpoints, 0), names);
        double best = double.MaxValue;
        ulong hash = 1;
        for (int run = 0; run < 5; run++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Picks; i++)
            {
                hash = (hash * 6364136223846793005) + 1442695040888963407;
                cluster.Pick(hash);
            }
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Picks);
        }
        return best;
    }

    private static ClusterConfig Config(LoadBalancerAlgorithm algorithm, int tableSize) => new()
    {
        Name = "outbound|80||big.test",
        Host = "big.test",
        Port = 80,
        LoadBalancer = new LoadBalancerConfig { Algorithm = algorithm, TableSize = tableSize },
        OutlierDetection = new OutlierConfig(),
        Identity = DestinationIdentity.Unknown,
    };

    private static EquatableArray<EndpointConfig> Set(int count, int turn) => Enumerable.Range(turn * Changed, count)
        .Select(i => new EndpointConfig { Address = Address(i), Port = 8080 })
        .ToEquatableArray();

    private static string Address(int i) => string.Create(CultureInfo.InvariantCulture, $"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}");
}
