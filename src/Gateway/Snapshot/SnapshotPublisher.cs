using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Config.Diagnostics;
using Gateway.Http.Filters;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Listeners;
using Gateway.Tls;

namespace Gateway.Snapshot;

/// <summary>
/// Brings a snapshot into force, one at a time: link clusters and certificates, bind new ports, swap the pointer, let
/// the ports accept, retire what is no longer named. Ports that cannot be bound are tried again until they can, or
/// until a snapshot no longer asks for them.
/// </summary>
internal sealed class SnapshotPublisher(
    SnapshotStore store, ClusterRegistry clusters, CertificateStore certificates, ListenerManager listeners,
    JwtRegistry tokens, RateLimitRegistry limits, FilterOrder filters, TimeSpan drainTime, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan BindRetryInterval = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _retrying = Task.CompletedTask;

    /// <summary>Whether requests on the wrong connection get 421 instead of Istio's 404.</summary>
    public bool TellsMisdirected { get; init; } = true;

    /// <summary>Publishes a snapshot.</summary>
    /// <returns>Ports and certificates that cannot be used; everything else is served.</returns>
    public async Task<ImmutableArray<Diagnostic>> PublishAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            ImmutableArray<Diagnostic> tls = certificates.Apply(snapshot.Secrets, TlsConfigs(snapshot), UpstreamTlsConfigs(snapshot));
            ImmutableArray<Cluster> linked = clusters.Link(snapshot.Clusters);
            JwtVerifier? verifier = tokens.Link(snapshot.Security.Jwt);
            await Task.WhenAll(clusters.WarmAsync(linked, cancellationToken), tokens.WarmAsync(cancellationToken));
            ImmutableArray<Diagnostic> ports = await listeners.BindAsync(snapshot.Listeners, certificates.Find, cancellationToken);
            store.Swap(new LiveSnapshot(snapshot, linked, filters.Build(verifier, snapshot.Security.Rbac, limits.Link(snapshot.RateLimits), answersChallenges: !snapshot.Acme.IsEmpty), TellsMisdirected));
            listeners.Activate(snapshot.Listeners, certificates.Find);
            await listeners.RetireAsync(snapshot.Listeners);
            clusters.RetireUnused(linked, drainTime);
            // A port may have been held by a listener that was just closed.
            if (!ports.IsEmpty)
                ports = await BindAgainAsync(snapshot, cancellationToken);
            if (!ports.IsEmpty && _retrying.IsCompleted)
                _retrying = RetryAsync();
            return [.. tls, .. ports];
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _retrying;
        _stopping.Dispose();
        _oneAtATime.Dispose();
    }

    private static HashSet<DownstreamTlsConfig> TlsConfigs(GatewaySnapshot snapshot)
    {
        HashSet<DownstreamTlsConfig> configs = [];
        foreach (ListenerConfig listener in snapshot.Listeners)
        {
            foreach (FilterChainConfig chain in listener.FilterChains)
            {
                if (chain.Tls is not null)
                    configs.Add(chain.Tls);
            }
        }
        return configs;
    }

    private static HashSet<UpstreamTlsConfig> UpstreamTlsConfigs(GatewaySnapshot snapshot)
    {
        HashSet<UpstreamTlsConfig> configs = [];
        foreach (ClusterAssignment cluster in snapshot.Clusters)
        {
            if (cluster.Config.Tls is { } tls)
                configs.Add(tls);
        }
        foreach (JwtRuleConfig rule in snapshot.Security.Jwt)
        {
            if (rule.Keys.Inline is null)
                configs.Add(JwksFetcher.SystemTls);
        }
        return configs;
    }

    private async Task<ImmutableArray<Diagnostic>> BindAgainAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        ImmutableArray<Diagnostic> ports = await listeners.BindAsync(snapshot.Listeners, certificates.Find, cancellationToken);
        listeners.Activate(snapshot.Listeners, certificates.Find);
        return ports;
    }

    private async Task RetryAsync()
    {
        try
        {
            bool missing = true;
            while (missing)
            {
                await Task.Delay(BindRetryInterval, time, _stopping.Token);
                await _oneAtATime.WaitAsync(_stopping.Token);
                try
                {
                    missing = store.Current is { } live && !(await BindAgainAsync(live.Config, _stopping.Token)).IsEmpty;
                }
                finally
                {
                    _oneAtATime.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
