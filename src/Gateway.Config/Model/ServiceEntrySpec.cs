namespace Gateway.Config.Model;

/// <summary>A service that Kubernetes does not know: Istio <c>ServiceEntry</c>, <c>spec</c>.</summary>
public sealed record ServiceEntrySpec : SpecRecord
{
    /// <summary><c>addresses</c>: virtual addresses or CIDRs; gateways route by host and do not use them.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary><c>endpoints</c>: where it is; excludes <c>workloadSelector</c>.</summary>
    public EquatableArray<WorkloadEntrySpec> Endpoints { get; init; }

    /// <summary><c>exportTo</c>: namespaces that see it: <c>.</c> own, <c>*</c> all, <c>~</c> none, or names; empty = the mesh's default.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>hosts</c>: DNS names or <c>*.suffix</c>; one at least.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>location</c>: inside or outside the mesh; null = MESH_EXTERNAL.</summary>
    public ServiceEntryLocation? Location { get; init; }

    /// <summary><c>ports</c>: its ports; names are unique.</summary>
    public EquatableArray<ServicePort> Ports { get; init; }

    /// <summary><c>resolution</c>: how endpoints are found; null = NONE.</summary>
    public ServiceEntryResolution? Resolution { get; init; }

    /// <summary><c>subjectAltNames</c>: names expected in the server's certificate where the DestinationRule gives none.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary><c>workloadSelector</c>: endpoints are the WorkloadEntries of the same namespace with these labels.</summary>
    public WorkloadSelector? WorkloadSelector { get; init; }
}

/// <summary>Istio <c>ServiceEntry spec.workloadSelector</c>.</summary>
public sealed record WorkloadSelector : SpecRecord
{
    /// <summary><c>labels</c>: labels that must all be there.</summary>
    public EquatableMap<string> Labels { get; init; }
}

/// <summary>Istio <c>ServiceEntry spec.ports[]</c>.</summary>
public sealed record ServicePort : SpecRecord
{
    /// <summary><c>name</c>: unique in the entry; required.</summary>
    public string? Name { get; init; }

    /// <summary><c>number</c>: 1 to 65535; required.</summary>
    public int? Number { get; init; }

    /// <summary><c>protocol</c>: HTTP, HTTP2, GRPC, HTTPS, TLS, TCP and others; null = TCP.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetPort</c>: port of the endpoints; null = <c>number</c>.</summary>
    public int? TargetPort { get; init; }
}

/// <summary>One endpoint: Istio <c>WorkloadEntry spec</c> and <c>ServiceEntry spec.endpoints[]</c>.</summary>
public sealed record WorkloadEntrySpec : SpecRecord
{
    /// <summary><c>address</c>: IP address, DNS name (with DNS resolution) or <c>unix:///path</c>.</summary>
    public string? Address { get; init; }

    /// <summary><c>labels</c>: labels for subsets.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary><c>locality</c>: <c>region/zone/subzone</c>.</summary>
    public string? Locality { get; init; }

    /// <summary><c>network</c>: network it is in; null = the gateway's.</summary>
    public string? Network { get; init; }

    /// <summary><c>ports</c>: port numbers by name of the service's port.</summary>
    public EquatableMap<uint> Ports { get; init; }

    /// <summary><c>serviceAccount</c>: account it runs as.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary><c>weight</c>: relative weight; null or 0 = 1.</summary>
    public uint? Weight { get; init; }
}
