namespace Gateway.Config.Model;

/// <summary>Versions of TLS. Istio <c>TLSProtocol</c>.</summary>
public enum TlsProtocol
{
    /// <summary><c>TLS_AUTO</c>: the default: 1.2 at least, 1.3 at most.</summary>
    Auto,

    /// <summary><c>TLSV1_0</c>: TLS 1.0.</summary>
    Tls10,

    /// <summary><c>TLSV1_1</c>: TLS 1.1.</summary>
    Tls11,

    /// <summary><c>TLSV1_2</c>: TLS 1.2.</summary>
    Tls12,

    /// <summary><c>TLSV1_3</c>: TLS 1.3.</summary>
    Tls13,
}

/// <summary>What a server does with TLS. Istio <c>ServerTLSSettings.TLSmode</c>.</summary>
public enum ServerTlsMode
{
    /// <summary><c>PASSTHROUGH</c>: bytes are forwarded by SNI, untouched.</summary>
    Passthrough,

    /// <summary><c>SIMPLE</c>: terminated with a server certificate.</summary>
    Simple,

    /// <summary><c>MUTUAL</c>: as SIMPLE, a client certificate is required and verified.</summary>
    Mutual,

    /// <summary><c>AUTO_PASSTHROUGH</c>: as PASSTHROUGH, the SNI names the destination itself.</summary>
    AutoPassthrough,

    /// <summary><c>ISTIO_MUTUAL</c>: as MUTUAL, with the mesh's own certificates.</summary>
    IstioMutual,

    /// <summary><c>OPTIONAL_MUTUAL</c>: as MUTUAL, but clients may come without a certificate.</summary>
    OptionalMutual,
}

/// <summary>What happens to preflight requests of origins that are not allowed. Istio <c>CorsPolicy.UnmatchedPreflights</c>.</summary>
public enum UnmatchedPreflights
{
    /// <summary><c>UNSPECIFIED</c>: the same as FORWARD.</summary>
    Unspecified,

    /// <summary><c>FORWARD</c>: they go to the destination.</summary>
    Forward,

    /// <summary><c>IGNORE</c>: they are answered with 200 without CORS headers.</summary>
    Ignore,
}

/// <summary>Where a redirect takes its port from. Istio <c>HTTPRedirect.RedirectPortSelection</c>.</summary>
public enum RedirectPortSelection
{
    /// <summary><c>FROM_PROTOCOL_DEFAULT</c>: 80 or 443 by the scheme.</summary>
    FromProtocolDefault,

    /// <summary><c>FROM_REQUEST_PORT</c>: the port of the request.</summary>
    FromRequestPort,
}

/// <summary>Whether HTTP/1.1 ports are spoken to in HTTP/2. Istio <c>HTTPSettings.H2UpgradePolicy</c>.</summary>
public enum H2UpgradePolicy
{
    /// <summary><c>DEFAULT</c>: as the mesh says.</summary>
    Default,

    /// <summary><c>DO_NOT_UPGRADE</c>: never.</summary>
    DoNotUpgrade,

    /// <summary><c>UPGRADE</c>: always.</summary>
    Upgrade,
}

/// <summary>Load balancing without a key. Istio <c>LoadBalancerSettings.SimpleLB</c>.</summary>
public enum SimpleLb
{
    /// <summary><c>UNSPECIFIED</c>: the default, LEAST_REQUEST.</summary>
    Unspecified,

    /// <summary><c>LEAST_CONN</c>: old name of LEAST_REQUEST.</summary>
    LeastConn,

    /// <summary><c>RANDOM</c>: any endpoint.</summary>
    Random,

    /// <summary><c>PASSTHROUGH</c>: the address the client connected to.</summary>
    Passthrough,

    /// <summary><c>ROUND_ROBIN</c>: one after the other, by weight.</summary>
    RoundRobin,

    /// <summary><c>LEAST_REQUEST</c>: of two random endpoints the one with fewer requests.</summary>
    LeastRequest,
}

/// <summary>How the gateway speaks TLS to a destination. Istio <c>ClientTLSSettings.TLSmode</c>.</summary>
public enum ClientTlsMode
{
    /// <summary><c>DISABLE</c>: plain text.</summary>
    Disable,

    /// <summary><c>SIMPLE</c>: the server shows a certificate.</summary>
    Simple,

    /// <summary><c>MUTUAL</c>: both show certificates.</summary>
    Mutual,

    /// <summary><c>ISTIO_MUTUAL</c>: both show the mesh's own certificates.</summary>
    IstioMutual,
}

/// <summary>Versions of the PROXY protocol. Istio <c>ProxyProtocol.VERSION</c>.</summary>
public enum ProxyProtocolVersion
{
    /// <summary><c>V1</c>: text.</summary>
    V1,

    /// <summary><c>V2</c>: binary.</summary>
    V2,
}

/// <summary>Where a service is. Istio <c>ServiceEntry.Location</c>.</summary>
public enum ServiceEntryLocation
{
    /// <summary><c>MESH_EXTERNAL</c>: outside the mesh.</summary>
    MeshExternal,

    /// <summary><c>MESH_INTERNAL</c>: part of the mesh.</summary>
    MeshInternal,
}

/// <summary>How the endpoints of a service are found. Istio <c>ServiceEntry.Resolution</c>.</summary>
public enum ServiceEntryResolution
{
    /// <summary><c>NONE</c>: the address the client connected to; a gateway has none, so no endpoints.</summary>
    None,

    /// <summary><c>STATIC</c>: the addresses of the endpoints.</summary>
    Static,

    /// <summary><c>DNS</c>: all addresses of the endpoints' names, or of the hosts.</summary>
    Dns,

    /// <summary><c>DNS_ROUND_ROBIN</c>: the first address of one name, for each new connection.</summary>
    DnsRoundRobin,

    /// <summary><c>DYNAMIC_DNS</c>: the name in each request; not at gateways.</summary>
    DynamicDns,
}
