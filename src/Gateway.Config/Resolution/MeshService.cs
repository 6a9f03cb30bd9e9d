using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>How the addresses of a service are found.</summary>
public enum ServiceResolution
{
    /// <summary>The endpoints are addresses.</summary>
    Static,

    /// <summary>The endpoints are names; all their addresses are used.</summary>
    Dns,

    /// <summary>The endpoint is a name; its newest address is used for new connections.</summary>
    DnsRoundRobin,

    /// <summary>The endpoint is the name that the request asks for, one cluster per name.</summary>
    DynamicDns,

    /// <summary>The original destination, which a gateway never has: no endpoints.</summary>
    None,
}

/// <summary>A host that routes can name: a Kubernetes Service or one host of a ServiceEntry. Immutable.</summary>
public sealed class MeshService
{
    /// <summary>Full host name: <c>reviews.default.svc.cluster.local</c>, <c>api.example.com</c>, <c>*.example.com</c>.</summary>
    public required string Host { get; init; }

    /// <summary>Short name, for metrics: the Service's name, or the host of a ServiceEntry.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of the resource.</summary>
    public required string Namespace { get; init; }

    /// <summary>The resource that defines it.</summary>
    public required Resource Resource { get; init; }

    /// <summary>Its ports.</summary>
    public required IReadOnlyList<MeshPort> Ports { get; init; }

    /// <summary>How endpoints are found.</summary>
    public required ServiceResolution Resolution { get; init; }

    /// <summary>Namespaces that see it; empty = MeshConfig's default.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary>Host that an ExternalName Service stands for; null for all others.</summary>
    public string? ExternalName { get; init; }

    /// <summary>Which endpoints it prefers.</summary>
    public TrafficDistribution TrafficDistribution { get; init; }

    /// <summary>Names a server certificate may carry (ServiceEntry <c>subjectAltNames</c>).</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary>Finds a port by its service port number.</summary>
    public MeshPort? FindPort(int number)
    {
        foreach (MeshPort port in Ports)
        {
            if (port.Number == number)
                return port;
        }
        return null;
    }
}

/// <summary>One port of a <see cref="MeshService"/> with the endpoints behind it.</summary>
public sealed class MeshPort
{
    /// <summary>Service port number.</summary>
    public required int Number { get; init; }

    /// <summary>Port of endpoints that are not known beforehand (<see cref="ServiceResolution.DynamicDns"/>); 0 = not used.</summary>
    public int TargetPort { get; init; }

    /// <summary>Name; empty if it has none.</summary>
    public required string Name { get; init; }

    /// <summary>What is spoken on it.</summary>
    public required ServiceProtocol Protocol { get; init; }

    /// <summary>The endpoints of all subsets.</summary>
    public required IReadOnlyList<MeshEndpoint> Endpoints { get; init; }
}

/// <summary>One endpoint of a port.</summary>
/// <param name="Address">IP address, DNS name or <c>unix:///path</c>.</param>
/// <param name="Port">Port to connect to; 0 for a Unix socket.</param>
/// <param name="Weight">Relative weight, at least 1.</param>
/// <param name="Locality"><c>region/zone/subzone</c>; empty = unknown.</param>
/// <param name="Labels">Labels by which subsets select.</param>
/// <param name="Account">Account it runs as, as a SPIFFE identity has it behind the trust domain: <c>ns/NAMESPACE/sa/ACCOUNT</c>; null = unknown.</param>
public sealed record MeshEndpoint(string Address, int Port, uint Weight, string Locality, EquatableMap<string> Labels, string? Account = null)
{
    /// <summary>Writes <see cref="Account"/>.</summary>
    /// <param name="ns">Namespace of the account.</param>
    /// <param name="account">Its name; null or empty = unknown.</param>
    public static string? AccountOf(string ns, string? account) => string.IsNullOrEmpty(account) ? null : $"ns/{ns}/sa/{account}";
}
