using Gateway.Clusters.LoadBalancing;

namespace Gateway.Clusters;

/// <summary>
/// Keeps a cluster's load balancer up to date: tables are made when endpoints come, go, fail or warm up, never when a
/// request asks for one. Changes of large sets are gathered, so that a storm of ejections does not become one of tables.
/// Thread-safe.
/// </summary>
internal sealed class ClusterBalancer : IDisposable
{
    // Tables of so many endpoints are made at once; it takes microseconds.
    private const int SmallSet = 256;

    // Making tables takes at most about a tenth of the time.
    private const int Rest = 10;

    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly LoadBalancerConfig _config;
    private readonly int _panicThreshold;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _gate = new();
    private readonly ITimer _later;
    private volatile EndpointSet _endpoints = EndpointSet.Empty;
    private volatile ILoadBalancer _balancer;
    private TimeSpan _lastBuild;
    private int _isPending;

    /// <summary>Begins without endpoints.</summary>
    /// <param name="config">How one is chosen.</param>
    /// <param name="panicThreshold">With a smaller share of available endpoints, in percent, all get requests; 0 = never.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Chance.</param>
    public ClusterBalancer(LoadBalancerConfig config, int panicThreshold, TimeProvider time, Random random)
    {
        _config = config;
        _panicThreshold = panicThreshold;
        _time = time;
        _random = random;
        _balancer = LoadBalancers.Create(config, EndpointSet.Empty, random);
        _later = time.CreateTimer(static state => ((ClusterBalancer)state!).Build(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>All endpoints of the moment.</summary>
    public EndpointSet Endpoints => _endpoints;

    /// <summary>Chooses an endpoint; null = there is none.</summary>
    /// <param name="hash">Hash of the request; null = it has none.</param>
    /// <param name="attempt">How many choices for the request were passed over before.</param>
    public UpstreamEndpoint? Pick(ulong? hash, int attempt) => _balancer.Pick(hash, attempt);

    /// <summary>An endpoint that was not tried yet, of the nearest priority that has one; null = there is none. For retries: it looks at all.</summary>
    /// <param name="tried">The endpoints tried.</param>
    /// <param name="elsewhere">Priorities of the first so many of them are left out.</param>
    public UpstreamEndpoint? PickUntried(List<UpstreamEndpoint> tried, int elsewhere = 0)
    {
        EndpointSet set = _endpoints.Available();
        HashSet<int> leftOut = [];
        for (int i = 0; elsewhere > 0 && i < _endpoints.Count; i++)
        {
            if (tried.IndexOf(_endpoints.Endpoints[i]) is var index && index >= 0 && index < elsewhere)
                leftOut.Add(_endpoints.PlaceOf(i).Priority);
        }
        int best = -1;
        int start = set.Count == 0 ? 0 : _random.Next(set.Count);
        for (int i = 0; i < set.Count; i++)
        {
            int at = (start + i) % set.Count;
            if (tried.Contains(set.Endpoints[at]) || leftOut.Contains(set.PlaceOf(at).Priority))
                continue;
            if (best < 0 || set.PlaceOf(at).Priority < set.PlaceOf(best).Priority)
                best = at;
        }
        return best < 0 ? null : set.Endpoints[best];
    }

    /// <summary>Takes new endpoints.</summary>
    public void Publish(EndpointSet endpoints)
    {
        _endpoints = endpoints;
        Build();
    }

    /// <summary>The state of some endpoints has changed.</summary>
    public void Changed()
    {
        if (_endpoints.Count <= SmallSet)
        {
            Build();
            return;
        }
        if (Interlocked.Exchange(ref _isPending, 1) != 0)
            return;
        Schedule(TimeSpan.FromTicks(Math.Clamp((_lastBuild * Rest).Ticks, ShortestRest.Ticks, LongestRest.Ticks)));
    }

    public void Dispose() => _later.Dispose();

    private void Build()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isPending, 0);
            long start = _time.GetTimestamp();
            _balancer = Make(_endpoints, out bool isWarming);
            _lastBuild = _time.GetElapsedTime(start);
            if (isWarming)
                Schedule(_config.WarmUp!.Step);
        }
    }

    private void Schedule(TimeSpan delay)
    {
        try
        {
            _later.Change(delay, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The cluster has just ended.
        }
    }

    private ILoadBalancer Make(EndpointSet all, out bool isWarming)
    {
        isWarming = false;
        if (_config.WarmUp is { } warmUp)
            all = warmUp.Weigh(all, endpoint => _time.GetElapsedTime(endpoint.ReadyAt), out isWarming);
        EndpointSet available = all.Available();
        if (!all.HasPlaces)
        {
            PriorityLoad.Compute([available.Count], [all.Count], _panicThreshold, out bool[] panics);
            return LoadBalancers.Create(_config, panics[0] ? all : available, _random);
        }
        int priorities = 0;
        foreach (EndpointPlace place in all.Places)
            priorities = Math.Max(priorities, place.Priority + 1);
        EndpointSet[] allOf = Split(all, priorities);
        EndpointSet[] availableOf = Split(available, priorities);
        int[] loads = PriorityLoad.Compute(
            [.. availableOf.Select(set => set.Count)], [.. allOf.Select(set => set.Count)], _panicThreshold, out bool[] isPanic);
        if (Array.IndexOf(loads, 100) is var only and >= 0)
            return Make(allOf[only], availableOf[only], isPanic[only]);
        return new PriorityBalancer([.. loads], [.. loads.Select((load, i) => load == 0 ? LoadBalancers.Create(_config, EndpointSet.Empty, _random) : Make(allOf[i], availableOf[i], isPanic[i]))], _random);
    }

    private ILoadBalancer Make(EndpointSet all, EndpointSet available, bool isPanic) =>
        !isPanic && available.Count > 0 && available.Places[0].LocalityWeight > 0
            ? LocalityWeights.Create(all, available, _config, _random)
            : LoadBalancers.Create(_config, isPanic ? all : available, _random);

    private static EndpointSet[] Split(EndpointSet set, int priorities) => priorities == 1
        ? [set]
        : [.. Enumerable.Range(0, priorities).Select(priority => set.Where((all, i) => all.Places[i].Priority == priority))];
}
