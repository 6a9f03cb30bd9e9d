namespace Gateway.Clusters.LoadBalancing;

/// <summary>
/// Istio <c>ROUND_ROBIN</c>: one endpoint after the other. With unequal weights a schedule made beforehand spreads each
/// endpoint's turns evenly, as earliest-deadline-first does; weights too far apart for a schedule are drawn instead.
/// </summary>
internal sealed class RoundRobinBalancer : ILoadBalancer
{
    private const ulong LongestSchedule = 65_536;

    private readonly EndpointSet _set;
    private readonly int[]? _schedule;
    private readonly RandomBalancer? _drawn;
    private uint _next;

    public RoundRobinBalancer(EndpointSet set, Random random)
    {
        _set = set;
        // Gateways started together would otherwise all begin with the first endpoint.
        _next = (uint)random.Next();
        if (set.EqualWeights)
            return;
        ulong divisor = 0;
        ulong total = 0;
        foreach (uint weight in set.Weights)
        {
            divisor = Gcd(weight, divisor);
            total += weight;
        }
        if (total / divisor > LongestSchedule)
            _drawn = new RandomBalancer(set, random);
        else
            _schedule = Schedule(set, divisor, (int)(total / divisor));
    }

    public UpstreamEndpoint? Pick(ulong? hash, int attempt)
    {
        if (_set.Count == 0)
            return null;
        if (_drawn is not null)
            return _drawn.Pick(hash, attempt);
        uint turn = Interlocked.Increment(ref _next);
        return _set.Endpoints[_schedule is null ? (int)(turn % (uint)_set.Count) : _schedule[turn % (uint)_schedule.Length]];
    }

    private static int[] Schedule(EndpointSet set, ulong divisor, int length)
    {
        var deadlines = new PriorityQueue<int, (double, int)>();
        for (int i = 0; i < set.Count; i++)
            deadlines.Enqueue(i, ((double)divisor / set.Weights[i], i));
        int[] schedule = new int[length];
        for (int turn = 0; turn < length; turn++)
        {
            deadlines.TryDequeue(out int i, out (double Deadline, int) due);
            schedule[turn] = i;
            deadlines.Enqueue(i, (due.Deadline + ((double)divisor / set.Weights[i]), i));
        }
        return schedule;
    }

    private static ulong Gcd(ulong a, ulong b) => b == 0 ? a : Gcd(b, a % b);
}
