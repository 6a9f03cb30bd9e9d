using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads Istio <c>ServiceEntry</c> and <c>WorkloadEntry</c> bodies.</summary>
internal static class ServiceEntryBinder
{
    public static ServiceEntrySpec ServiceEntrySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Addresses = r.Strings("addresses"),
        Endpoints = r.List("endpoints", WorkloadEntrySpec),
        ExportTo = r.Strings("exportTo"),
        Hosts = r.Strings("hosts"),
        Location = r.Enum("location", EnumNames.ServiceEntryLocation),
        Ports = r.List("ports", ServicePort),
        Resolution = r.Enum("resolution", EnumNames.ServiceEntryResolution),
        SubjectAltNames = r.Strings("subjectAltNames"),
        WorkloadSelector = r.Object("workloadSelector", WorkloadSelector),
    };

    public static WorkloadSelector WorkloadSelector(ObjectReader r) => new()
    {
        Node = r.Node,
        Labels = r.StringMap("labels"),
    };

    public static ServicePort ServicePort(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name"),
        Number = r.Count("number"),
        Protocol = r.String("protocol"),
        TargetPort = r.Count("targetPort"),
    };

    public static WorkloadEntrySpec WorkloadEntrySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Address = r.String("address"),
        Labels = r.StringMap("labels"),
        Locality = r.String("locality"),
        Network = r.String("network"),
        Ports = r.UInt32Map("ports"),
        ServiceAccount = r.String("serviceAccount"),
        Weight = r.UInt32("weight"),
    };
}
