namespace Gateway.Config.Model;

/// <summary>Istio enumeration TlsProtocol.</summary>
public enum TlsProtocol
{
    /// <summary><c>TLS_AUTO</c>.</summary>
    Auto,

    /// <summary><c>TLSV1_0</c>.</summary>
    Tls10,

    /// <summary><c>TLSV1_1</c>.</summary>
    Tls11,

    /// <summary><c>TLSV1_2</c>.</summary>
    Tls12,

    /// <summary><c>TLSV1_3</c>.</summary>
    Tls13,
}

/// <summary>Istio enumeration ServerTlsMode.</summary>
public enum ServerTlsMode
{
    /// <summary><c>PASSTHROUGH</c>.</summary>
    Passthrough,

    /// <summary><c>SIMPLE</c>.</summary>
    Simple,

    /// <summary><c>MUTUAL</c>.</summary>
    Mutual,

    /// <summary><c>AUTO_PASSTHROUGH</c>.</summary>
    AutoPassthrough,

    /// <summary><c>ISTIO_MUTUAL</c>.</summary>
    IstioMutual,

    /// <summary><c>OPTIONAL_MUTUAL</c>.</summary>
    OptionalMutual,
}

/// <summary>Istio enumeration UnmatchedPreflights.</summary>
public enum UnmatchedPreflights
{
    /// <summary><c>UNSPECIFIED</c>.</summary>
    Unspecified,

    /// <summary><c>FORWARD</c>.</summary>
    Forward,

    /// <summary><c>IGNORE</c>.</summary>
    Ignore,
}

/// <summary>Istio enumeration RedirectPortSelection.</summary>
public enum RedirectPortSelection
{
    /// <summary><c>FROM_PROTOCOL_DEFAULT</c>.</summary>
    FromProtocolDefault,

    /// <summary><c>FROM_REQUEST_PORT</c>.</summary>
    FromRequestPort,
}

/// <summary>Istio enumeration H2UpgradePolicy.</summary>
public enum H2UpgradePolicy
{
    /// <summary><c>DEFAULT</c>.</summary>
    Default,

    /// <summary><c>DO_NOT_UPGRADE</c>.</summary>
    DoNotUpgrade,

    /// <summary><c>UPGRADE</c>.</summary>
    Upgrade,
}

/// <summary>Istio enumeration SimpleLb.</summary>
public enum SimpleLb
{
    /// <summary><c>UNSPECIFIED</c>.</summary>
    Unspecified,

    /// <summary><c>LEAST_CONN</c>.</summary>
    LeastConn,

    /// <summary><c>RANDOM</c>.</summary>
    Random,

    /// <summary><c>PASSTHROUGH</c>.</summary>
    Passthrough,

    /// <summary><c>ROUND_ROBIN</c>.</summary>
    RoundRobin,

    /// <summary><c>LEAST_REQUEST</c>.</summary>
    LeastRequest,
}

/// <summary>Istio enumeration ClientTlsMode.</summary>
public enum ClientTlsMode
{
    /// <summary><c>DISABLE</c>.</summary>
    Disable,

    /// <summary><c>SIMPLE</c>.</summary>
    Simple,

    /// <summary><c>MUTUAL</c>.</summary>
    Mutual,

    /// <summary><c>ISTIO_MUTUAL</c>.</summary>
    IstioMutual,
}

/// <summary>Istio enumeration ProxyProtocolVersion.</summary>
public enum ProxyProtocolVersion
{
    /// <summary><c>V1</c>.</summary>
    V1,

    /// <summary><c>V2</c>.</summary>
    V2,
}

/// <summary>Istio enumeration ServiceEntryLocation.</summary>
public enum ServiceEntryLocation
{
    /// <summary><c>MESH_EXTERNAL</c>.</summary>
    MeshExternal,

    /// <summary><c>MESH_INTERNAL</c>.</summary>
    MeshInternal,
}

/// <summary>Istio enumeration ServiceEntryResolution.</summary>
public enum ServiceEntryResolution
{
    /// <summary><c>NONE</c>.</summary>
    None,

    /// <summary><c>STATIC</c>.</summary>
    Static,

    /// <summary><c>DNS</c>.</summary>
    Dns,

    /// <summary><c>DNS_ROUND_ROBIN</c>.</summary>
    DnsRoundRobin,

    /// <summary><c>DYNAMIC_DNS</c>.</summary>
    DynamicDns,
}
