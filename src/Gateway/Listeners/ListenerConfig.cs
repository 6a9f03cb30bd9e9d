using Gateway.Config;
using Gateway.Routing;
using Gateway.Tls;

namespace Gateway.Listeners;

/// <summary>One port as it should be: its address and its filter chains. Compiled from all Gateway servers on it.</summary>
internal sealed record ListenerConfig
{
    /// <summary><c>0.0.0.0_8080</c>: bind address and port.</summary>
    public required string Name { get; init; }

    /// <summary>Address to bind; null = all (IPv4 and IPv6).</summary>
    public string? Bind { get; init; }

    /// <summary>Port by configuration, after translation by a Service's targetPort, before <c>--port-map</c>.</summary>
    public required int Port { get; init; }

    /// <summary>Whether every connection begins with a PROXY header.</summary>
    public bool ReadsProxyHeader { get; init; }

    /// <summary>The oldest Gateway server on it; null = it stands in no configuration.</summary>
    public ConfigOrigin? Origin { get; init; }

    /// <summary>The chains; a plain-text listener has exactly one without TLS.</summary>
    public required EquatableArray<FilterChainConfig> FilterChains { get; init; }
}

/// <summary>What one matched connection is.</summary>
internal sealed class FilterChainConfig
{
    /// <summary>Stable name, Istio's route name: <c>http.8080</c> or <c>https.443.PORTNAME.GATEWAY.NAMESPACE</c>. Connections pin it.</summary>
    public required string Name { get; init; }

    /// <summary>SNI patterns (<c>a.com</c>, <c>*.a.com</c>); empty = any, with or without SNI.</summary>
    public EquatableArray<string> ServerNames { get; init; }

    /// <summary>TLS termination; null = plain text, or TLS that is passed on unopened.</summary>
    public DownstreamTlsConfig? Tls { get; init; }

    /// <summary>Whether TLS is passed on unopened; <see cref="Tcp"/> says where to.</summary>
    public bool IsPassthrough { get; init; }

    /// <summary>Whether it takes connections that do not begin with a TLS hello.</summary>
    public bool IsPlain => Tls is null && !IsPassthrough;

    /// <summary>Whether it leads out of the mesh: then it is of interest which server names are asked for in vain.</summary>
    public bool IsEgress { get; init; }

    /// <summary>Whether the client must offer one of the mesh's own protocols in its hello: what AUTO_PASSTHROUGH lets in must end in mutual TLS.</summary>
    public bool NeedsMeshProtocol { get; init; }

    /// <summary>Where the bytes go; null = HTTP is spoken and <see cref="Routes"/> decide.</summary>
    public TcpAction? Tcp { get; init; }

    /// <summary>The virtual hosts; none for TCP.</summary>
    public RouteTable Routes { get; init; } = RouteTable.None;
}
