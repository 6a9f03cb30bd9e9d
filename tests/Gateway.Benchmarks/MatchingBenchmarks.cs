using BenchmarkDotNet.Attributes;
using Gateway.Routing;

namespace Gateway.Benchmarks;

/// <summary>The decision for a request: the place of a host or route in a large configuration should not be felt.</summary>
[MemoryDiagnoser]
public class MatchingBenchmarks
{
    public const int Hosts = 10_000;
    public const int Routes = 1_000;

    private RouteTable _hosts = null!;
    private RouteTable _routes = null!;
    private RouteRequest _firstHost;
    private RouteRequest _lastHost;
    private RouteRequest _firstRoute;
    private RouteRequest _lastRoute;

    [GlobalSetup]
    public void Setup()
    {
        _hosts = CompiledFleet.Routes(Fleet.ManyHosts(Hosts));
        _routes = CompiledFleet.Routes(Fleet.ManyRoutes(Routes));
        _firstHost = CompiledFleet.Get(Fleet.Host(0), "/");
        _lastHost = CompiledFleet.Get(Fleet.Host(Hosts - 1), "/");
        _firstRoute = CompiledFleet.Get(Fleet.Host(0), Fleet.Path(0));
        _lastRoute = CompiledFleet.Get(Fleet.Host(0), Fleet.Path(Routes - 1));
    }

    [Benchmark]
    public object FirstHost() => Decide(_hosts, _firstHost);

    [Benchmark]
    public object LastHost() => Decide(_hosts, _lastHost);

    [Benchmark]
    public object FirstRoute() => Decide(_routes, _firstRoute);

    [Benchmark]
    public object LastRoute() => Decide(_routes, _lastRoute);

    private static Route Decide(RouteTable table, in RouteRequest request) =>
        table.Decide(request).Route ?? throw new InvalidOperationException("Nothing matches.");
}
