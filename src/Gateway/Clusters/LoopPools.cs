using Gateway.Transport;

namespace Gateway.Clusters;

/// <summary>Connections from one loop to one endpoint that may serve the same requests. For its loop only.</summary>
internal interface ILoopPool
{
    /// <summary>Keeps no more connections: idle ones are closed, the others when their requests have ended.</summary>
    void Retire();

    /// <summary>Closes a connection that nobody uses, for somebody who cannot use it and waits.</summary>
    /// <returns>Whether there was one.</returns>
    bool GiveUpOne();
}

/// <summary>
/// The pools of one endpoint: one per loop, and where connections were made for a host, one per host. Thread-safe; what is
/// found belongs to its loop.
/// </summary>
/// <param name="create">Makes a pool for the requests that name an authority.</param>
internal sealed class LoopPools<TPool>(Func<EventLoop, Cluster, string, TPool> create)
    where TPool : class, ILoopPool
{
    // Clients can choose the host: the pool that was there first goes.
    private const int MaxHosts = 256;

    private readonly Lock _growing = new();
    private volatile PoolsOfLoop?[] _loops = [];
    private bool _retired;

    /// <summary>The pool for a request. On the loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="cluster">The endpoint's cluster.</param>
    /// <param name="authority">The request's authority as it is sent; matters where TLS depends on it.</param>
    public TPool For(EventLoop loop, Cluster cluster, string authority)
    {
        PoolsOfLoop?[] loops = _loops;
        PoolsOfLoop pools = loop.Index < loops.Length && loops[loop.Index] is { } known ? known : Create(loop);
        if (cluster.Config.Tls is not { IsPerHost: true })
            return pools.Any ??= Make(pools, cluster, "");
        return pools.ByHost.TryGetValue(authority, out TPool? pool) ? pool : Add(pools, cluster, authority);
    }

    /// <summary>No more connections are kept. Any thread.</summary>
    public void Retire()
    {
        lock (_growing)
        {
            _retired = true;
            foreach (PoolsOfLoop? pools in _loops)
                pools?.Loop.Scheduler.Schedule(static state => ((PoolsOfLoop)state!).Retire(), pools);
        }
    }

    /// <summary>Somebody waits: each loop closes a connection of another pool that nobody uses, if it has one. Any thread.</summary>
    public void GiveUpIdle(ILoopPool waiting)
    {
        foreach (PoolsOfLoop? pools in _loops)
            pools?.Loop.Scheduler.Schedule(static state => ((Wish)state!).Fulfil(), new Wish(pools, waiting));
    }

    private TPool Add(PoolsOfLoop pools, Cluster cluster, string authority)
    {
        if (pools.ByHost.Count >= MaxHosts)
        {
            TPool oldest = pools.ByHost.GetAt(0).Value;
            pools.ByHost.RemoveAt(0);
            oldest.Retire();
        }
        return pools.ByHost[authority] = Make(pools, cluster, authority);
    }

    private TPool Make(PoolsOfLoop pools, Cluster cluster, string authority)
    {
        TPool pool = create(pools.Loop, cluster, authority);
        if (pools.IsRetired)
            pool.Retire();
        return pool;
    }

    private PoolsOfLoop Create(EventLoop loop)
    {
        lock (_growing)
        {
            var loops = new PoolsOfLoop?[Math.Max(_loops.Length, loop.Index + 1)];
            _loops.CopyTo(loops, 0);
            PoolsOfLoop pools = loops[loop.Index] = new PoolsOfLoop(loop) { IsRetired = _retired };
            _loops = loops;
            return pools;
        }
    }

    private sealed class Wish(PoolsOfLoop pools, ILoopPool waiting)
    {
        public void Fulfil()
        {
            if (pools.Any is { } any && !ReferenceEquals(any, waiting) && any.GiveUpOne())
                return;
            foreach (TPool pool in pools.ByHost.Values)
            {
                if (!ReferenceEquals(pool, waiting) && pool.GiveUpOne())
                    return;
            }
        }
    }

    private sealed class PoolsOfLoop(EventLoop loop)
    {
        public EventLoop Loop => loop;

        public TPool? Any { get; set; }

        public OrderedDictionary<string, TPool> ByHost { get; } = new(StringComparer.OrdinalIgnoreCase);

        public bool IsRetired { get; set; }

        public void Retire()
        {
            IsRetired = true;
            Any?.Retire();
            foreach (TPool pool in ByHost.Values)
                pool.Retire();
        }
    }
}
