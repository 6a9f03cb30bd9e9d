using System.Net;
using Gateway.Clusters;
using Gateway.Clusters.LoadBalancing;

namespace Gateway.Tests.Clusters.LoadBalancing;

public sealed class LeastRequestBalancerTests
{
    [Fact]
    public void No_endpoint_gives_none() => Assert.Null(new LeastRequestBalancer(EndpointSet.Empty, new Random(1)).Pick(null, 0));

    [Fact]
    public void Idle_endpoints_of_equal_weight_share_evenly()
    {
        EndpointSet set = Set(1, 1, 1, 1);

        double[] shares = Shares(set);

        Assert.All(shares, share => Assert.InRange(share, 0.23, 0.27));
    }

    [Fact]
    public void Idle_endpoints_share_by_weight()
    {
        EndpointSet set = Set(1, 3);

        Assert.InRange(Shares(set)[1], 0.73, 0.77);
    }

    [Fact]
    public void A_busy_endpoint_is_taken_only_when_drawn_twice()
    {
        EndpointSet set = Set(1, 1);
        set.Endpoints[0].Begin();

        Assert.InRange(Shares(set)[0], 0.23, 0.27);
    }

    [Fact]
    public void Active_requests_weigh_against_a_weight()
    {
        EndpointSet set = Set(3, 1);
        set.Endpoints[0].Begin();
        set.Endpoints[0].Begin();

        Assert.InRange(Shares(set)[0], 0.48, 0.52);
    }

    private static EndpointSet Set(params uint[] weights) => new(
        [.. weights.Select((_, i) => new UpstreamEndpoint(new IPEndPoint(IPAddress.Loopback, i + 1), $"127.0.0.1:{i + 1}"))], [.. weights]);

    private static double[] Shares(EndpointSet set)
    {
        const int Rounds = 20_000;
        var random = new Random(20261122);
        var balancer = new LeastRequestBalancer(set, random);
        int[] counts = new int[set.Count];
        for (int i = 0; i < Rounds; i++)
            counts[set.Endpoints.IndexOf(balancer.Pick(null, 0)!)]++;
        return [.. counts.Select(count => count / (double)Rounds)];
    }
}
