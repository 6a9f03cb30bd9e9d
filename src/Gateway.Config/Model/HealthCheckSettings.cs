namespace Gateway.Config.Model;

/// <summary>What an active health check asks.</summary>
public enum HealthCheckKind
{
    /// <summary>A GET.</summary>
    Http,

    /// <summary><c>grpc.health.v1.Health/Check</c>.</summary>
    Grpc,

    /// <summary>A connection.</summary>
    Tcp,
}

/// <summary>Active health checks, written as annotations <c>gateway/health-check…</c> of a DestinationRule.</summary>
public sealed record HealthCheckSettings
{
    /// <summary><c>gateway/health-check</c>: what is asked.</summary>
    public required HealthCheckKind Kind { get; init; }

    /// <summary><c>-interval</c>: from the end of one check to the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><c>-timeout</c>: how long a check may take, connection included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>-jitter-percent</c>: the interval is longer by a random part of at most so many percent.</summary>
    public int JitterPercent { get; init; } = 10;

    /// <summary><c>-unhealthy-threshold</c>: failures in a row that take a healthy endpoint out.</summary>
    public int UnhealthyThreshold { get; init; } = 3;

    /// <summary><c>-healthy-threshold</c>: successes in a row that bring it back.</summary>
    public int HealthyThreshold { get; init; } = 2;

    /// <summary><c>-path</c>, HTTP: path and query.</summary>
    public string Path { get; init; } = "/";

    /// <summary><c>-host</c>, HTTP and gRPC: the authority; empty = the host of the destination.</summary>
    public string Host { get; init; } = "";

    /// <summary><c>-expected-status</c>, HTTP: good statuses, as first and last of ranges.</summary>
    public EquatableArray<(int First, int Last)> ExpectedStatuses { get; init; } = [(200, 200)];

    /// <summary><c>-service</c>, gRPC: the service asked for; empty = the server as a whole.</summary>
    public string Service { get; init; } = "";
}
