using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads Istio <c>VirtualService</c> bodies: the resource, its TLS and TCP routes, destinations.</summary>
internal static class VirtualServiceBinder
{
    public static VirtualServiceSpec VirtualServiceSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        ExportTo = r.Strings("exportTo"),
        Gateways = r.Strings("gateways"),
        Hosts = r.Strings("hosts"),
        Http = r.List("http", HttpRouteBinder.HttpRoute),
        Tcp = r.List("tcp", TcpRoute),
        Tls = r.List("tls", TlsRoute),
    };

    public static TlsRoute TlsRoute(ObjectReader r) => new()
    {
        Node = r.Node,
        Match = r.List("match", TlsMatchAttributes),
        Route = r.List("route", RouteDestination),
    };

    public static TlsMatchAttributes TlsMatchAttributes(ObjectReader r) => new()
    {
        Node = r.Node,
        DestinationSubnets = r.Strings("destinationSubnets"),
        Gateways = r.Strings("gateways"),
        Port = r.Count("port"),
        SniHosts = r.Strings("sniHosts"),
        SourceLabels = r.StringMap("sourceLabels"),
        SourceNamespace = r.String("sourceNamespace"),
    };

    public static TcpRoute TcpRoute(ObjectReader r) => new()
    {
        Node = r.Node,
        Match = r.List("match", L4MatchAttributes),
        Route = r.List("route", RouteDestination),
    };

    public static L4MatchAttributes L4MatchAttributes(ObjectReader r) => new()
    {
        Node = r.Node,
        DestinationSubnets = r.Strings("destinationSubnets"),
        Gateways = r.Strings("gateways"),
        Port = r.Count("port"),
        SourceLabels = r.StringMap("sourceLabels"),
        SourceNamespace = r.String("sourceNamespace"),
        SourceSubnet = r.String("sourceSubnet"),
    };

    public static RouteDestination RouteDestination(ObjectReader r) => new()
    {
        Node = r.Node,
        Destination = r.Object("destination", Destination),
        Weight = r.Int32("weight"),
    };

    public static Destination Destination(ObjectReader r) => new()
    {
        Node = r.Node,
        Host = r.String("host"),
        Port = r.Object("port", PortSelector),
        Subset = r.String("subset"),
    };

    public static PortSelector PortSelector(ObjectReader r) => new()
    {
        Node = r.Node,
        Number = r.Count("number"),
    };
}
