using Gateway.Config;

namespace Gateway.Clusters;

/// <summary>What an endpoint is asked.</summary>
internal enum HealthCheckProtocol
{
    /// <summary>A GET, of the version the cluster speaks.</summary>
    Http,

    /// <summary>The gRPC health protocol, <c>grpc.health.v1.Health/Check</c>.</summary>
    Grpc,

    /// <summary>A connection, with TLS if the cluster has it.</summary>
    Tcp,
}

/// <summary>Active health checks of a cluster's endpoints. Compares by content.</summary>
internal sealed record HealthCheckConfig
{
    /// <summary>What is asked.</summary>
    public HealthCheckProtocol Protocol { get; init; }

    /// <summary>From the end of one check of an endpoint to the next.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>How long a check may take, connection included.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>The interval is longer by a random part of at most so many percent of it.</summary>
    public int JitterPercent { get; init; }

    /// <summary>Failures in a row that make a healthy endpoint unhealthy.</summary>
    public int UnhealthyThreshold { get; init; }

    /// <summary>Successes in a row that make an unhealthy endpoint healthy.</summary>
    public int HealthyThreshold { get; init; }

    /// <summary>HTTP: path and query.</summary>
    public string Path { get; init; } = "/";

    /// <summary>HTTP and gRPC: the authority; empty = the host of the destination.</summary>
    public string Host { get; init; } = "";

    /// <summary>HTTP: the statuses that are good, as first and last of ranges.</summary>
    public EquatableArray<(int First, int Last)> ExpectedStatuses { get; init; }

    /// <summary>gRPC: the service asked for; empty = the server as a whole.</summary>
    public string Service { get; init; } = "";
}
