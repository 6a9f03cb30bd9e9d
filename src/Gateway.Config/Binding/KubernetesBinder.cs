using System.Globalization;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>Reads the Kubernetes kinds that say where traffic can go. Each method reads a whole document but its metadata.</summary>
internal static class KubernetesBinder
{
    public static ServiceSpec Service(ObjectReader r)
    {
        r.Ignore("status");
        return r.Object("spec", ServiceBody) ?? new() { Node = r.Node };
    }

    private static ServiceSpec ServiceBody(ObjectReader r)
    {
        ServiceSpec service = new()
        {
            Node = r.Node,
            Type = r.String("type"),
            ClusterIP = r.String("clusterIP"),
            ExternalName = r.String("externalName"),
            Ports = r.List("ports", ServicePort),
            Selector = r.StringMap("selector"),
            TrafficDistribution = r.String("trafficDistribution"),
        };
        r.Ignore("clusterIPs", "externalIPs", "sessionAffinity", "sessionAffinityConfig", "loadBalancerIP", "loadBalancerSourceRanges",
            "loadBalancerClass", "allocateLoadBalancerNodePorts", "externalTrafficPolicy", "internalTrafficPolicy", "healthCheckNodePort",
            "publishNotReadyAddresses", "ipFamilies", "ipFamilyPolicy", "topologyKeys");
        return service;
    }

    private static KubernetesServicePort ServicePort(ObjectReader r)
    {
        (int? number, string? name) = IntOrString(r, "targetPort");
        return new()
        {
            Node = r.Node,
            Name = r.String("name"),
            Port = r.Count("port") ?? 0,
            TargetPort = number,
            TargetPortName = name,
            Protocol = r.String("protocol"),
            AppProtocol = r.String("appProtocol"),
            NodePort = r.Count("nodePort"),
        };
    }

    /// <summary>A field of Kubernetes' type IntOrString; a number in quotes is the number.</summary>
    private static (int? Number, string? Name) IntOrString(ObjectReader r, string key)
    {
        if (r.Any(key) is not { } value)
            return default;
        if (value.Kind == ConfigNodeKind.Integer && ScalarValues.Count(value, out int number).IsNone)
            return (number, null);
        if (value.Kind == ConfigNodeKind.String)
            return int.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out number) ? (number, null) : (null, value.Text);
        r.Report(DiagnosticCatalogue.WrongType, "This must be a port's number or name.", value, key);
        return default;
    }

    public static EndpointSliceSpec EndpointSlice(ObjectReader r) => new()
    {
        Node = r.Node,
        AddressType = r.String("addressType"),
        Endpoints = r.List("endpoints", SliceEndpoint),
        Ports = r.List("ports", SlicePort),
    };

    private static SliceEndpoint SliceEndpoint(ObjectReader r)
    {
        TargetRef? target = r.Object("targetRef", TargetReference);
        Conditions? conditions = r.Object("conditions", EndpointConditions);
        SliceEndpoint endpoint = new()
        {
            Node = r.Node,
            Addresses = r.Strings("addresses"),
            Ready = conditions?.Ready ?? true,
            Terminating = conditions?.Terminating ?? false,
            Hostname = r.String("hostname"),
            NodeName = r.String("nodeName"),
            Zone = r.String("zone"),
            PodName = target is { Kind: "Pod" } ? target.Name : null,
            PodNamespace = target is { Kind: "Pod" } ? target.Namespace : null,
        };
        r.Ignore("hints", "deprecatedTopology");
        return endpoint;
    }

    private sealed record TargetRef(string? Kind, string? Name, string? Namespace);

    private static TargetRef TargetReference(ObjectReader r)
    {
        r.Ignore("apiVersion", "uid", "resourceVersion", "fieldPath");
        return new(r.String("kind"), r.String("name"), r.String("namespace"));
    }

    private sealed record Conditions(bool? Ready, bool? Terminating);

    private static Conditions EndpointConditions(ObjectReader r)
    {
        r.Ignore("serving");
        return new(r.Boolean("ready"), r.Boolean("terminating"));
    }

    private static SlicePort SlicePort(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name"),
        Port = r.Count("port"),
        Protocol = r.String("protocol"),
        AppProtocol = r.String("appProtocol"),
    };

    /// <summary>The older <c>Endpoints</c>: one slice per subset, the further ones under names that no object can have.</summary>
    public static IReadOnlyList<Resource> EndpointsResources(ObjectReader r, ResourceHead head)
    {
        List<Resource> slices = [];
        foreach (EndpointSliceSpec subset in r.List("subsets", EndpointsSubset))
        {
            ResourceId id = slices.Count == 0 ? head.Id : head.Id with { Name = $"{head.Id.Name}[{slices.Count}]" };
            slices.Add(new Resource<EndpointSliceSpec>
            {
                Id = id,
                Metadata = head.Metadata,
                Document = r.Node,
                Spec = subset with { ServiceName = head.Id.Name },
            });
        }
        return slices;
    }

    private static EndpointSliceSpec EndpointsSubset(ObjectReader r) => new()
    {
        Node = r.Node,
        Endpoints = [.. r.List("addresses", SubsetAddress), .. r.List("notReadyAddresses", SubsetAddress).Select(a => a with { Ready = false })],
        Ports = r.List("ports", SlicePort),
    };

    private static SliceEndpoint SubsetAddress(ObjectReader r)
    {
        TargetRef? target = r.Object("targetRef", TargetReference);
        return new()
        {
            Node = r.Node,
            Addresses = r.String("ip") is { } ip ? [ip] : [],
            Hostname = r.String("hostname"),
            NodeName = r.String("nodeName"),
            PodName = target is { Kind: "Pod" } ? target.Name : null,
            PodNamespace = target is { Kind: "Pod" } ? target.Namespace : null,
        };
    }

    public static ConfigMapSpec ConfigMap(ObjectReader r)
    {
        r.Ignore("binaryData", "immutable");
        return new() { Node = r.Node, Data = r.StringMap("data") };
    }

    public static NamespaceSpec Namespace(ObjectReader r)
    {
        r.IgnoreRest();
        return new() { Node = r.Node };
    }

    public static PodSpec Pod(ObjectReader r)
    {
        PodBody? body = r.Object("spec", PodBodyOf);
        string? address = r.Object("status", PodAddress)?.Address;
        r.IgnoreRest();
        return new() { Node = r.Node, PodIP = address, ServiceAccountName = body?.ServiceAccount, NamedPorts = body?.NamedPorts ?? default };
    }

    private sealed record PodStatus(string? Address);

    private static PodStatus PodAddress(ObjectReader r)
    {
        PodStatus status = new(r.String("podIP"));
        r.IgnoreRest();
        return status;
    }

    private sealed record PodBody(string? ServiceAccount, EquatableMap<int> NamedPorts);

    private sealed record Container(EquatableArray<NamedPort> Ports);

    private sealed record NamedPort(string? Name, int? Number);

    private static PodBody PodBodyOf(ObjectReader r)
    {
        Dictionary<string, int> ports = [];
        foreach (Container container in r.List("containers", ContainerOf))
        {
            foreach (NamedPort port in container.Ports)
            {
                if (port is { Name: { } name, Number: { } number })
                    ports.TryAdd(name, number);
            }
        }
        PodBody body = new(r.String("serviceAccountName"), new(ports));
        r.IgnoreRest();
        return body;
    }

    private static Container ContainerOf(ObjectReader r)
    {
        Container container = new(r.List("ports", ContainerPort));
        r.IgnoreRest();
        return container;
    }

    private static NamedPort ContainerPort(ObjectReader r)
    {
        NamedPort port = new(r.String("name"), r.Count("containerPort"));
        r.IgnoreRest();
        return port;
    }
}
