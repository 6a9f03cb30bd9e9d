using System.Net;
using Gateway.Transport;

namespace Gateway.Clusters.Http1;

/// <summary>The pools of one endpoint, one per loop. Thread-safe; a pool itself belongs to its loop.</summary>
internal sealed class Http1Pools(EndPoint endPoint)
{
    private volatile Http1Pool?[] _pools = [];
    private readonly Lock _growing = new();
    private bool _retired;

    /// <summary>The pool of a loop. On that loop.</summary>
    public Http1Pool For(EventLoop loop)
    {
        Http1Pool?[] pools = _pools;
        return loop.Index < pools.Length && pools[loop.Index] is { } pool ? pool : Create(loop);
    }

    /// <summary>No more connections are kept. Any thread.</summary>
    public void Retire()
    {
        lock (_growing)
        {
            _retired = true;
            foreach (Http1Pool? pool in _pools)
                pool?.RetireOnLoop();
        }
    }

    private Http1Pool Create(EventLoop loop)
    {
        lock (_growing)
        {
            var pools = new Http1Pool?[Math.Max(_pools.Length, loop.Index + 1)];
            _pools.CopyTo(pools, 0);
            Http1Pool pool = pools[loop.Index] = new Http1Pool(loop, endPoint);
            _pools = pools;
            if (_retired)
                pool.Retire();
            return pool;
        }
    }
}
