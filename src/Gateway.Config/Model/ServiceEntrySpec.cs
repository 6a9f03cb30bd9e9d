namespace Gateway.Config.Model;

/// <summary>Istio <c>ServiceEntry spec</c>.</summary>
public sealed record ServiceEntrySpec : SpecRecord
{
    /// <summary><c>addresses</c>.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary><c>endpoints</c>.</summary>
    public EquatableArray<WorkloadEntrySpec> Endpoints { get; init; }

    /// <summary><c>exportTo</c>.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>hosts</c>.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>location</c>.</summary>
    public ServiceEntryLocation? Location { get; init; }

    /// <summary><c>ports</c>.</summary>
    public EquatableArray<ServicePort> Ports { get; init; }

    /// <summary><c>resolution</c>.</summary>
    public ServiceEntryResolution? Resolution { get; init; }

    /// <summary><c>subjectAltNames</c>.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }

    /// <summary><c>workloadSelector</c>.</summary>
    public WorkloadSelector? WorkloadSelector { get; init; }
}

/// <summary>Istio <c>ServiceEntry spec.workloadSelector</c>.</summary>
public sealed record WorkloadSelector : SpecRecord
{
    /// <summary><c>labels</c>.</summary>
    public EquatableMap<string> Labels { get; init; }
}

/// <summary>Istio <c>ServiceEntry spec.ports</c>.</summary>
public sealed record ServicePort : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>number</c>.</summary>
    public int? Number { get; init; }

    /// <summary><c>protocol</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetPort</c>.</summary>
    public int? TargetPort { get; init; }
}

/// <summary>Istio <c>ServiceEntry spec.endpoints</c>.</summary>
public sealed record WorkloadEntrySpec : SpecRecord
{
    /// <summary><c>address</c>.</summary>
    public string? Address { get; init; }

    /// <summary><c>labels</c>.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary><c>locality</c>.</summary>
    public string? Locality { get; init; }

    /// <summary><c>network</c>.</summary>
    public string? Network { get; init; }

    /// <summary><c>ports</c>.</summary>
    public EquatableMap<uint> Ports { get; init; }

    /// <summary><c>serviceAccount</c>.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary><c>weight</c>.</summary>
    public uint? Weight { get; init; }
}
