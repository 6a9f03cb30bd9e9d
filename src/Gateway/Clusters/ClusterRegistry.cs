using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Clusters.Discovery;
using Gateway.Tls;

namespace Gateway.Clusters;

/// <summary>
/// Owns the live clusters. <see cref="Link"/> hands out one per assignment, reusing what compares equal;
/// <see cref="RetireUnused"/> ends those that the newest snapshot does not name, once their requests are done.
/// Link and RetireUnused are called by one publisher at a time.
/// </summary>
internal sealed class ClusterRegistry(
    DnsHosts names, TimeProvider time, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls) : IDisposable
{
    // Envoy, too, lets a new cluster take traffic when its first look-up takes too long.
    private static readonly TimeSpan WarmLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetirePollInterval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<Cluster, bool> _retiring = new();
    private ImmutableDictionary<string, Cluster> _clusters = ImmutableDictionary<string, Cluster>.Empty;

    /// <summary>The clusters of the newest snapshot, by name.</summary>
    public ImmutableDictionary<string, Cluster> Current => Volatile.Read(ref _clusters);

    /// <summary>Live clusters by the index of their assignment.</summary>
    public ImmutableArray<Cluster> Link(ImmutableArray<ClusterAssignment> assignments)
    {
        ImmutableDictionary<string, Cluster> known = Current;
        var linked = ImmutableArray.CreateBuilder<Cluster>(assignments.Length);
        foreach (ClusterAssignment assignment in assignments)
        {
            if (!known.TryGetValue(assignment.Config.Name, out Cluster? cluster) || cluster.Config != assignment.Config)
                cluster = new Cluster(assignment.Config, time, Random.Shared, findTls);
            cluster.Policy = assignment.Policy;
            cluster.Assign(assignment.Endpoints, names);
            linked.Add(cluster);
        }
        return linked.MoveToImmutable();
    }

    /// <summary>Waits, for a limited time, until every cluster has been looked up once.</summary>
    public async Task WarmAsync(ImmutableArray<Cluster> linked, CancellationToken cancellationToken)
    {
        Task all = Task.WhenAll(linked.Select(cluster => cluster.WarmAsync()));
        await all.WaitAsync(WarmLimit, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Takes <paramref name="linked"/> as the set in use and retires the others.</summary>
    public void RetireUnused(ImmutableArray<Cluster> linked, TimeSpan drainTime)
    {
        ImmutableDictionary<string, Cluster> before = Current;
        ImmutableDictionary<string, Cluster> now = linked.DistinctBy(cluster => cluster.Config.Name)
            .ToImmutableDictionary(cluster => cluster.Config.Name, StringComparer.Ordinal);
        Volatile.Write(ref _clusters, now);
        foreach ((string name, Cluster cluster) in before)
        {
            if (!now.TryGetValue(name, out Cluster? kept) || !ReferenceEquals(kept, cluster))
                _ = RetireAsync(cluster, drainTime);
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        foreach (Cluster cluster in _retiring.Keys)
            cluster.Dispose();
        foreach (Cluster cluster in Current.Values)
            cluster.Dispose();
        _stopped.Dispose();
    }

    private async Task RetireAsync(Cluster cluster, TimeSpan drainTime)
    {
        _retiring[cluster] = true;
        long start = time.GetTimestamp();
        try
        {
            // A request that read the old snapshot may not have counted itself yet: at least one interval passes.
            do
                await Task.Delay(RetirePollInterval, time, _stopped.Token);
            while (cluster.ActiveRequests + cluster.Sessions > 0 && time.GetElapsedTime(start) < drainTime);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        cluster.Dispose();
        _retiring.TryRemove(cluster, out _);
    }
}
