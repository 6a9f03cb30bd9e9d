namespace Gateway.Config.Model;

/// <summary>Kubernetes <c>core/v1 Service</c>, the parts that say how it is reached.</summary>
public sealed record ServiceSpec : SpecRecord
{
    /// <summary><c>spec.type</c>: ClusterIP (default), NodePort, LoadBalancer, ExternalName.</summary>
    public string? Type { get; init; }

    /// <summary><c>spec.clusterIP</c>; <c>None</c> = headless.</summary>
    public string? ClusterIP { get; init; }

    /// <summary><c>spec.externalName</c>.</summary>
    public string? ExternalName { get; init; }

    /// <summary><c>spec.ports</c>.</summary>
    public EquatableArray<KubernetesServicePort> Ports { get; init; }

    /// <summary><c>spec.selector</c>.</summary>
    public EquatableMap<string> Selector { get; init; }

    /// <summary><c>spec.trafficDistribution</c>.</summary>
    public string? TrafficDistribution { get; init; }
}

/// <summary>Kubernetes <c>Service spec.ports[]</c>.</summary>
public sealed record KubernetesServicePort : SpecRecord
{
    /// <summary><c>name</c>; its prefix names the protocol (<c>http-web</c>).</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>.</summary>
    public int Port { get; init; }

    /// <summary><c>targetPort</c> as a number, if it is one.</summary>
    public int? TargetPort { get; init; }

    /// <summary><c>targetPort</c> as a container port's name, if it is one.</summary>
    public string? TargetPortName { get; init; }

    /// <summary><c>protocol</c>: TCP (default), UDP, SCTP.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>appProtocol</c>; wins over the name's prefix.</summary>
    public string? AppProtocol { get; init; }

    /// <summary><c>nodePort</c>.</summary>
    public int? NodePort { get; init; }
}

/// <summary>Kubernetes <c>discovery.k8s.io/v1 EndpointSlice</c>; the older <c>Endpoints</c> is read into the same shape, one per subset.</summary>
public sealed record EndpointSliceSpec : SpecRecord
{
    /// <summary>The Service it belongs to: label <c>kubernetes.io/service-name</c>, or the name of the <c>Endpoints</c>.</summary>
    public string? ServiceName { get; init; }

    /// <summary><c>addressType</c>: IPv4, IPv6, FQDN.</summary>
    public string? AddressType { get; init; }

    /// <summary><c>endpoints</c>.</summary>
    public EquatableArray<SliceEndpoint> Endpoints { get; init; }

    /// <summary><c>ports</c>; matched to the Service's ports by name.</summary>
    public EquatableArray<SlicePort> Ports { get; init; }
}

/// <summary>Kubernetes <c>EndpointSlice endpoints[]</c>.</summary>
public sealed record SliceEndpoint : SpecRecord
{
    /// <summary><c>addresses</c>.</summary>
    public EquatableArray<string> Addresses { get; init; }

    /// <summary><c>conditions.ready</c>; missing = ready.</summary>
    public bool Ready { get; init; } = true;

    /// <summary><c>conditions.terminating</c>.</summary>
    public bool Terminating { get; init; }

    /// <summary><c>hostname</c>.</summary>
    public string? Hostname { get; init; }

    /// <summary><c>nodeName</c>.</summary>
    public string? NodeName { get; init; }

    /// <summary><c>zone</c>.</summary>
    public string? Zone { get; init; }

    /// <summary><c>targetRef.name</c> if <c>targetRef.kind</c> is Pod: the Pod whose labels choose the subset.</summary>
    public string? PodName { get; init; }

    /// <summary><c>targetRef.namespace</c>; missing = that of the slice.</summary>
    public string? PodNamespace { get; init; }
}

/// <summary>Kubernetes <c>EndpointSlice ports[]</c>.</summary>
public sealed record SlicePort : SpecRecord
{
    /// <summary><c>name</c>; empty = the Service's only port.</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>; missing = all ports.</summary>
    public int? Port { get; init; }

    /// <summary><c>protocol</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>appProtocol</c>.</summary>
    public string? AppProtocol { get; init; }
}

/// <summary>Kubernetes <c>core/v1 Secret</c>. Never printed: it has no textual form and its bytes enter no finding.</summary>
public sealed record SecretSpec : SpecRecord
{
    /// <summary><c>type</c>.</summary>
    public string? Type { get; init; }

    /// <summary><c>data</c> (base64-decoded) with <c>stringData</c> (UTF-8) laid over it.</summary>
    public EquatableMap<EquatableArray<byte>> Data { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "Secret (hidden)";
}

/// <summary>Kubernetes <c>core/v1 ConfigMap</c>.</summary>
public sealed record ConfigMapSpec : SpecRecord
{
    /// <summary><c>data</c>.</summary>
    public EquatableMap<string> Data { get; init; }

    /// <summary>What <c>data.mesh</c> says, if this is the ConfigMap <c>istio</c> of the root namespace.</summary>
    public MeshConfig? Mesh { get; init; }
}

/// <summary>Kubernetes <c>core/v1 Namespace</c>; only its metadata counts.</summary>
public sealed record NamespaceSpec : SpecRecord;

/// <summary>Kubernetes <c>core/v1 Pod</c>: labels come from its metadata.</summary>
public sealed record PodSpec : SpecRecord
{
    /// <summary><c>status.podIP</c>.</summary>
    public string? PodIP { get; init; }

    /// <summary><c>spec.serviceAccountName</c>.</summary>
    public string? ServiceAccountName { get; init; }

    /// <summary>Container ports by name, for a Service's named <c>targetPort</c>.</summary>
    public EquatableMap<int> NamedPorts { get; init; }
}
