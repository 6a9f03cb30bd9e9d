using Gateway.Clusters;
using Gateway.Config.Model;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns <c>connectionPool</c> into a cluster's limits on connections.</summary>
internal static class ConnectionPoolCompiler
{
    private static readonly TimeSpan DefaultIdle = TimeSpan.FromHours(1);

    /// <summary>How long an unused connection is kept; 0 = for ever.</summary>
    public static TimeSpan IdleTimeout(ConnectionPoolSettings? pool) => pool?.Http?.IdleTimeout is not { } idle ? DefaultIdle
        : idle == TimeSpan.Zero ? Timeout.InfiniteTimeSpan
        : idle;

    /// <summary>How long a TCP session may be silent; 0 = for ever.</summary>
    public static TimeSpan TcpIdleTimeout(ConnectionPoolSettings? pool) => pool?.Tcp?.IdleTimeout is not { } idle ? DefaultIdle
        : idle == TimeSpan.Zero ? Timeout.InfiniteTimeSpan
        : idle;

    /// <summary>How long a connection is used at most.</summary>
    public static TimeSpan MaxConnectionDuration(ConnectionPoolSettings? pool) =>
        pool?.Tcp?.MaxConnectionDuration is { } duration && duration > TimeSpan.Zero ? duration : Timeout.InfiniteTimeSpan;

    /// <summary>Probes on idle connections.</summary>
    public static KeepaliveConfig? Keepalive(ConnectionPoolSettings? pool) => pool?.Tcp?.TcpKeepalive is { } keepalive
        ? new KeepaliveConfig(keepalive.Time, keepalive.Interval, keepalive.Probes is { } probes ? (int)Math.Min(probes, int.MaxValue) : null)
        : null;
}
