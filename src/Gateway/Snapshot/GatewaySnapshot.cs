using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Listeners;

namespace Gateway.Snapshot;

/// <summary>What should be: everything compiled from one <see cref="ConfigSet"/>. Pure data, immutable, dumpable.</summary>
internal sealed class GatewaySnapshot
{
    /// <summary>The ports.</summary>
    public required ImmutableArray<ListenerConfig> Listeners { get; init; }

    /// <summary>All clusters that a route names; routes refer to them by index.</summary>
    public required ImmutableArray<ClusterAssignment> Clusters { get; init; }

    /// <summary>Secrets by <c>namespace/name</c>, for the certificate store.</summary>
    public required ImmutableDictionary<string, Resource<SecretSpec>> Secrets { get; init; }

    /// <summary>Mesh-wide settings: path normalization, trusted proxies, headers, access log.</summary>
    public required MeshConfig Mesh { get; init; }

    /// <summary>Certificates that the gateway shall order by itself.</summary>
    public ImmutableArray<AcmeRequest> Acme { get; init; } = [];

    /// <summary>What the security policies say.</summary>
    public SecurityConfig Security { get; init; } = SecurityConfig.None;

    /// <summary>The rate limits.</summary>
    public RateLimitPlan RateLimits { get; init; } = RateLimitPlan.None;
}

/// <summary>Who this gateway is: what the compiler needs beside the resources.</summary>
internal sealed record GatewayIdentity
{
    /// <summary>Namespace of the workload; default <c>istio-system</c>.</summary>
    public string Namespace { get; init; } = "istio-system";

    /// <summary>Labels of the workload; null = every Gateway applies whatever its selector says.</summary>
    public EquatableMap<string>? Labels { get; init; }

    /// <summary>
    /// Addresses of the workload: a ServiceEntry in its namespace with one of them among its endpoints stands in front of
    /// it, as a Service does that selects its labels.
    /// </summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary>Where the workload runs, <c>region/zone/subzone</c>; empty = unknown, endpoints are then alike wherever they are.</summary>
    public string Locality { get; init; } = "";

    /// <summary>Folder with the workload certificate (<c>cert-chain.pem</c>, <c>key.pem</c>, <c>root-cert.pem</c>), for ISTIO_MUTUAL.</summary>
    public string WorkloadCertificates { get; init; } = "/etc/certs";

    /// <summary>Upstream servers are verified by name also where rules leave that out or forbid it.</summary>
    public bool VerifiesServers { get; init; }

    /// <summary>Whether it is our own client that speaks HTTP/2 to endpoints, and not .NET's, which can do less.</summary>
    public bool OwnClient { get; init; } = OperatingSystem.IsLinux();

    /// <summary>Cluster domain for short host names.</summary>
    public string ClusterDomain { get; init; } = "cluster.local";
}

/// <summary>What a compilation gave.</summary>
internal sealed record CompileResult(GatewaySnapshot Snapshot, ImmutableArray<Diagnostic> Diagnostics);
