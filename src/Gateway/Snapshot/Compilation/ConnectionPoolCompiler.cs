using Gateway.Clusters;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns <c>connectionPool</c> into a cluster's limits on connections, requests and retries.</summary>
internal static class ConnectionPoolCompiler
{
    private static readonly TimeSpan DefaultIdle = TimeSpan.FromHours(1);

    private static readonly RetryBudgetConfig DefaultBudget = new(Percent: 20, MinConcurrency: 3, Interval: TimeSpan.FromSeconds(10));

    /// <summary>Lays <c>connectionPool</c>, <c>retryBudget</c> and <c>proxyProtocol</c> over a cluster.</summary>
    /// <param name="cluster">The cluster, with the protocol of its port.</param>
    /// <param name="policy">The policy in force; null = none.</param>
    /// <param name="protocol">What the Service says of the port.</param>
    /// <param name="mesh">Defaults.</param>
    public static ClusterConfig Apply(ClusterConfig cluster, TrafficPolicy? policy, ServiceProtocol protocol, MeshConfig mesh)
    {
        TcpPoolSettings? tcp = policy?.ConnectionPool?.Tcp;
        HttpPoolSettings? http = policy?.ConnectionPool?.Http;
        bool upgrades = Upgrades(http, protocol, mesh);
        return cluster with
        {
            Protocol = upgrades ? UpstreamProtocol.Http2 : cluster.Protocol,
            FollowsClient = http?.UseClientProtocol is true,
            ConnectTimeout = tcp?.ConnectTimeout ?? mesh.ConnectTimeout,
            IdleTimeout = Idle(http?.IdleTimeout ?? tcp?.IdleTimeout),
            TcpIdleTimeout = Idle(tcp?.IdleTimeout),
            MaxConnectionDuration = tcp?.MaxConnectionDuration is { } duration && duration > TimeSpan.Zero ? duration : Timeout.InfiniteTimeSpan,
            Keepalive = Keepalive(tcp?.TcpKeepalive ?? mesh.TcpKeepalive),
            MaxConnections = Limit(tcp?.MaxConnections),
            MaxPendingRequests = Limit(http?.Http1MaxPendingRequests),
            MaxRequests = Limit(http?.Http2MaxRequests),
            MaxRetries = Limit(http?.MaxRetries),
            MaxRequestsPerConnection = Limit(http?.MaxRequestsPerConnection),
            MaxConcurrentStreams = Limit(http?.MaxConcurrentStreams),
            Http2Keepalive = http?.Http2KeepAlive is { Interval: { } interval, Timeout: { } timeout } ? new Http2KeepaliveConfig(interval, timeout) : null,
            RetryBudget = policy?.RetryBudget is not { } budget ? null : new RetryBudgetConfig(
                budget.Percent ?? DefaultBudget.Percent,
                (int)Math.Min(budget.MinRetryConcurrency ?? (uint)DefaultBudget.MinConcurrency, int.MaxValue),
                budget.BudgetInterval ?? DefaultBudget.Interval),
            ProxyHeader = policy?.ProxyProtocol is not { } proxy ? ProxyHeaderVersion.None
                : proxy.Version == ProxyProtocolVersion.V2 ? ProxyHeaderVersion.V2
                : ProxyHeaderVersion.V1,
        };
    }

    // What is written at the destination holds for any port; the mesh's wish only for ports that say they speak HTTP.
    private static bool Upgrades(HttpPoolSettings? http, ServiceProtocol protocol, MeshConfig mesh) => http?.H2UpgradePolicy switch
    {
        H2UpgradePolicy.Upgrade => true,
        H2UpgradePolicy.DoNotUpgrade => false,
        _ => mesh.H2UpgradePolicy == H2UpgradePolicy.Upgrade && protocol.IsHttp(),
    };

    private static TimeSpan Idle(TimeSpan? written) => written is not { } idle ? DefaultIdle : idle == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : idle;

    // Istio takes 0 as not set.
    private static int Limit(int? written) => Math.Max(0, written ?? 0);

    private static KeepaliveConfig? Keepalive(TcpKeepalive? keepalive) => keepalive is null ? null
        : new KeepaliveConfig(keepalive.Time, keepalive.Interval, keepalive.Probes is { } probes ? (int)Math.Min(probes, int.MaxValue) : null);
}
