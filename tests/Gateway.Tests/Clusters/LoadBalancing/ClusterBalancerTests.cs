using System.Collections.Immutable;
using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.LoadBalancing;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Clusters.LoadBalancing;

/// <summary>Who gets which share while endpoints fail, warm up, or stand in localities.</summary>
public sealed class ClusterBalancerTests : IDisposable
{
    private const int Picks = 20_000;
    private static readonly OutlierConfig Ejection = new() { BaseEjectionTime = TimeSpan.FromHours(1) };
    private static readonly HealthCheckConfig Checks = new() { HealthyThreshold = 1, UnhealthyThreshold = 1 };

    private readonly FakeTimeProvider _time = new();
    private ClusterBalancer? _balancer;
    private EndpointSet _set = EndpointSet.Empty;

    public void Dispose() => _balancer?.Dispose();

    [Theory]
    [InlineData(nameof(LoadBalancerAlgorithm.LeastRequest))]
    [InlineData(nameof(LoadBalancerAlgorithm.RoundRobin))]
    [InlineData(nameof(LoadBalancerAlgorithm.Random))]
    [InlineData(nameof(LoadBalancerAlgorithm.RingHash))]
    [InlineData(nameof(LoadBalancerAlgorithm.Maglev))]
    public void Priorities_stand_in_for_each_other_in_order(string algorithm)
    {
        // Ten at priority 0, ten at 1.
        ClusterBalancer balancer = Start(algorithm, [.. Enumerable.Range(0, 20).Select(i => (1u, new EndpointPlace(i / 10, "", 0)))]);
        Assert.Equal(Picks, CountOf(balancer, 0, 10));

        Eject(2);
        Assert.Equal(Picks, CountOf(balancer, 0, 10));
        Eject(5);
        AssertShare(0.7, CountOf(balancer, 0, 10));
        Eject(10);
        Assert.Equal(0, CountOf(balancer, 0, 10));
        Assert.All(_set.Endpoints, endpoint => endpoint.Outlier.Return(_time.GetUtcNow()));
        balancer.Changed();
        Assert.Equal(Picks, CountOf(balancer, 0, 10));
    }

    [Theory]
    [InlineData(nameof(LoadBalancerAlgorithm.LeastRequest))]
    [InlineData(nameof(LoadBalancerAlgorithm.RoundRobin))]
    [InlineData(nameof(LoadBalancerAlgorithm.Random))]
    [InlineData(nameof(LoadBalancerAlgorithm.Maglev))]
    public void Localities_get_requests_by_their_weights_and_less_when_endpoints_are_missing(string algorithm)
    {
        // 2 endpoints in "a" share 80, 6 in "b" share 20.
        ClusterBalancer balancer = Start(algorithm, [.. Enumerable.Range(0, 8).Select(i => (1u, i < 2 ? new EndpointPlace(0, "a", 80) : new EndpointPlace(0, "b", 20)))]);
        AssertShare(0.8, CountOf(balancer, 0, 2));

        Eject(1);
        // 80 × 1.4 / 2 = 56 beside 20.
        AssertShare(56 / 76.0, CountOf(balancer, 0, 2));
    }

    [Fact]
    public void Weights_count_inside_a_locality()
    {
        ClusterBalancer balancer = Start("Random", (1, new EndpointPlace(0, "a", 50)), (3, new EndpointPlace(0, "a", 50)), (1, new EndpointPlace(0, "b", 50)));

        AssertShare(0.125, CountOf(balancer, 0, 1));
        AssertShare(0.375, CountOf(balancer, 1, 2));
    }

    [Theory]
    [InlineData("RoundRobin", 1.0)]
    [InlineData("LeastRequest", 1.0)]
    [InlineData("LeastRequest", 2.0)]
    public void A_new_endpoint_warms_up_along_the_curve(string algorithm, double aggression)
    {
        var warmUp = new SlowStart(TimeSpan.FromSeconds(100), aggression, 10);
        ClusterBalancer balancer = Start(algorithm, warmUp, (1, default), (1, default));
        _time.Advance(TimeSpan.FromSeconds(200));
        _set = new EndpointSet([.. _set.Endpoints, Endpoint(3)], [1, 1, 1], [default, default, default]);
        _set.Endpoints[2].ReadyAt = _time.GetTimestamp();
        balancer.Publish(_set);

        for (int second = 0; second <= 110; second += 10)
        {
            double factor = Math.Max(Math.Pow(Math.Min(1, second / 100.0), 1 / aggression), 0.1);
            AssertShare(factor / (2 + factor), CountOf(balancer, 2, 3));
            _time.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public void Endpoints_that_came_together_are_alike_from_the_beginning()
    {
        ClusterBalancer balancer = Start("RoundRobin", new SlowStart(TimeSpan.FromSeconds(10), 1, 10), (1, default), (1, default));

        Assert.Equal(Picks / 2, CountOf(balancer, 0, 1));
    }

    [Fact]
    public void Endpoints_not_checked_yet_get_requests_only_while_none_has_passed()
    {
        ClusterBalancer balancer = Start("RoundRobin", (1, default), (1, default), (1, default));
        foreach (UpstreamEndpoint endpoint in _set.Endpoints)
            endpoint.Health.Expect(_time.GetUtcNow());
        balancer.Changed();
        Assert.NotEqual(0, CountOf(balancer, 0, 1));

        Assert.True(_set.Endpoints[0].Health.Report(null, Checks, _time.GetUtcNow()));
        balancer.Changed();
        Assert.Equal(Picks, CountOf(balancer, 0, 1));

        Assert.True(_set.Endpoints[1].Health.Report("status 500", Checks, _time.GetUtcNow()));
        Assert.True(_set.Endpoints[0].Health.Report("status 500", Checks, _time.GetUtcNow()));
        balancer.Changed();
        Assert.Equal(Picks, CountOf(balancer, 2, 3));
    }

    [Fact]
    public void A_storm_of_ejections_in_a_large_set_makes_few_tables()
    {
        var counting = new CountingTime();
        using var balancer = new ClusterBalancer(new LoadBalancerConfig { Algorithm = LoadBalancerAlgorithm.RoundRobin }, 0, counting, new Random(1));
        var set = new EndpointSet([.. Enumerable.Range(1, 1000).Select(Endpoint)], [.. Enumerable.Repeat(1u, 1000)]);
        balancer.Publish(set);
        int before = counting.Started;

        for (int i = 0; i < 500; i++)
        {
            set.Endpoints[i].Outlier.Eject("test", counting.GetUtcNow(), Ejection);
            balancer.Changed();
        }

        Assert.Equal(before + 1, counting.Started);
        counting.Advance(TimeSpan.FromSeconds(1));
        Assert.All(Enumerable.Range(0, 2000), _ => Assert.False(balancer.Pick(null, 0)!.Outlier.IsEjected));
    }

    private static UpstreamEndpoint Endpoint(int port) => new(new IPEndPoint(IPAddress.Loopback, port), $"127.0.0.1:{port}");

    private ClusterBalancer Start(string algorithm, params (uint Weight, EndpointPlace Place)[] endpoints) => Start(algorithm, null, endpoints);

    private ClusterBalancer Start(string algorithm, SlowStart? warmUp, params (uint Weight, EndpointPlace Place)[] endpoints)
    {
        var config = new LoadBalancerConfig { Algorithm = Enum.Parse<LoadBalancerAlgorithm>(algorithm), TableSize = 65_537, WarmUp = warmUp };
        _balancer = new ClusterBalancer(config, 0, _time, new Random(20261122));
        ImmutableArray<UpstreamEndpoint> made = [.. endpoints.Select((_, i) => Endpoint(i + 1))];
        foreach (UpstreamEndpoint endpoint in made)
            endpoint.ReadyAt = _time.GetTimestamp();
        _balancer.Publish(_set = new EndpointSet(made, [.. endpoints.Select(one => one.Weight)], [.. endpoints.Select(one => one.Place with { Locality = one.Place.Locality ?? "" })]));
        return _balancer;
    }

    private void Eject(int firstOnes)
    {
        for (int i = 0; i < firstOnes; i++)
        {
            if (!_set.Endpoints[i].Outlier.IsEjected)
                _set.Endpoints[i].Outlier.Eject("test", _time.GetUtcNow(), Ejection);
        }
        _balancer!.Changed();
    }

    /// <summary>How many picks fall on endpoints from..to-1; every pick has a hash of its own.</summary>
    private int CountOf(ClusterBalancer balancer, int from, int to)
    {
        int count = 0;
        for (int i = 0; i < Picks; i++)
        {
            int index = _set.Endpoints.IndexOf(balancer.Pick(XxHash64.Hash(BitConverter.GetBytes(i)), 0)!);
            count += index >= from && index < to ? 1 : 0;
        }
        return count;
    }

    // Five standard deviations of a binomial distribution, and one hundredth for what tables round.
    private static void AssertShare(double share, int count)
    {
        double tolerance = (5 * Math.Sqrt(Picks * share * (1 - share))) + (Picks * 0.01);
        Assert.InRange(count, (Picks * share) - tolerance, (Picks * share) + tolerance);
    }

    /// <summary>Counts the timers that are set.</summary>
    private sealed class CountingTime : FakeTimeProvider
    {
        public int Started { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Counted(base.CreateTimer(callback, state, dueTime, period), () => Started++);

        private sealed class Counted(ITimer inner, Action count) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                count();
                return inner.Change(dueTime, period);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
