using System.Collections.Immutable;
using System.Net;
using Gateway.Clusters;
using Gateway.Config.Diagnostics;
using Gateway.Observability;
using Gateway.Snapshot;
using Gateway.Streams;
using Gateway.Tls;

namespace Gateway.Admin;

/// <summary>The configuration in force, as the admin port shows it.</summary>
/// <param name="Generation">Its number; 0 = none yet.</param>
/// <param name="Time">When the latest pass ended.</param>
/// <param name="Succeeded">Whether the latest pass came into force.</param>
/// <param name="Diagnostics">The findings of the latest pass.</param>
/// <param name="Snapshot">The snapshot; null = none yet.</param>
internal sealed record ConfigStatus(int Generation, DateTimeOffset Time, bool Succeeded, ImmutableArray<Diagnostic> Diagnostics, GatewaySnapshot? Snapshot);

/// <summary>A traffic port.</summary>
/// <param name="Name">The listener's name.</param>
/// <param name="ConfiguredPort">The port by configuration.</param>
/// <param name="EndPoint">Where it is bound; null = it could not be bound.</param>
/// <param name="Open">Open connections.</param>
/// <param name="Total">Connections accepted since it was bound.</param>
/// <param name="Pauses">How often accepting rested because the process was short of descriptors.</param>
internal sealed record ListenerStatus(string Name, int ConfiguredPort, EndPoint? EndPoint, long Open, long Total, long Pauses);

/// <summary>A cluster's endpoint.</summary>
/// <param name="Address"><c>ip:port</c>.</param>
/// <param name="Weight">Its weight.</param>
/// <param name="ActiveRequests">Requests under way.</param>
/// <param name="Requests">Requests sent since it is known.</param>
/// <param name="ConnectFailures">Connections that could not be made.</param>
/// <param name="Ejected">Why and until when it gets no requests; null = it does.</param>
internal sealed record EndpointStatus(string Address, uint Weight, long ActiveRequests, long Requests, long ConnectFailures, string? Ejected)
{
    /// <summary><c>region/zone/subzone</c>; empty = unknown.</summary>
    public string Locality { get; init; } = "";

    /// <summary>0 is used first.</summary>
    public int Priority { get; init; }

    /// <summary>What active health checks say of it; null = it is not checked.</summary>
    public string? Health { get; init; }

    /// <summary>Connections, those being opened included.</summary>
    public int Connections { get; init; }
}

/// <summary>A circuit breaker.</summary>
/// <param name="Name">What it counts.</param>
/// <param name="Now">How many there are.</param>
/// <param name="Limit">How many there may be; null = any number.</param>
internal sealed record BreakerStatus(string Name, long Now, long? Limit);

/// <summary>A live cluster.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Protocol">What is spoken to it.</param>
/// <param name="Discovery">How its endpoints are found.</param>
/// <param name="Endpoints">Its endpoints.</param>
/// <param name="Tls"><c>off</c>, <c>on</c>, or why it cannot be made.</param>
/// <param name="Policy">Where the parts of its policy were written.</param>
internal sealed record ClusterStatus(string Name, string Protocol, string Discovery, ImmutableArray<EndpointStatus> Endpoints, string Tls, IReadOnlyList<PolicyOrigin> Policy)
{
    /// <summary>How an endpoint is chosen.</summary>
    public string LoadBalancer { get; init; } = "";

    /// <summary>Its circuit breakers.</summary>
    public ImmutableArray<BreakerStatus> Breakers { get; init; } = [];
}

/// <summary>What the gateway's own ports may see and do; filled by the composition root.</summary>
internal sealed class AdminState
{
    /// <summary>The configuration.</summary>
    public required Func<ConfigStatus> Config { get; init; }

    /// <summary>The traffic ports.</summary>
    public required Func<IReadOnlyList<ListenerStatus>> Listeners { get; init; }

    /// <summary>The clusters.</summary>
    public required Func<IReadOnlyList<ClusterStatus>> Clusters { get; init; }

    /// <summary>The certificates.</summary>
    public required Func<IReadOnlyList<CertificateStatus>> Certificates { get; init; }

    /// <summary>The names that are kept resolved.</summary>
    public required Func<IReadOnlyList<DnsStatus>> Names { get; init; }

    /// <summary>What forward proxies have refused, newest first.</summary>
    public required Func<IReadOnlyList<EgressDenialCount>> Denials { get; init; }

    /// <summary>Asks the process to drain and end.</summary>
    public required Action Quit { get; init; }

    /// <summary>Log levels.</summary>
    public required LogLevels Levels { get; init; }
}
