namespace Gateway.Config.Model;

/// <summary>How request paths are brought to one form. Istio <c>MeshConfig.ProxyPathNormalization.NormalizationType</c>.</summary>
public enum PathNormalizationType
{
    /// <summary><c>DEFAULT</c>: the same as <see cref="Base"/>.</summary>
    Default,

    /// <summary><c>NONE</c>: only the fragment is cut.</summary>
    None,

    /// <summary><c>BASE</c>: RFC 3986 dot segments, <c>\</c> to <c>/</c>, unreserved characters decoded.</summary>
    Base,

    /// <summary><c>MERGE_SLASHES</c>: BASE, then runs of slashes become one.</summary>
    MergeSlashes,

    /// <summary><c>DECODE_AND_MERGE_SLASHES</c>: <c>%2F</c>, <c>%5C</c> decoded first, then as MERGE_SLASHES.</summary>
    DecodeAndMergeSlashes,
}

/// <summary>Format of the access log. Istio <c>MeshConfig.AccessLogEncoding</c>.</summary>
public enum AccessLogEncoding
{
    /// <summary><c>TEXT</c>.</summary>
    Text,

    /// <summary><c>JSON</c>.</summary>
    Json,
}

/// <summary>
/// The settings of Istio's MeshConfig that a gateway's data plane uses, with Istio's defaults.
/// Read from the ConfigMap <c>istio</c>, key <c>mesh</c>, of the root namespace, or from a file.
/// </summary>
public sealed record MeshConfig : SpecRecord
{
    /// <summary>The defaults.</summary>
    public static MeshConfig Default { get; } = new();

    /// <summary><c>rootNamespace</c>; default <c>istio-system</c>.</summary>
    public string RootNamespace { get; init; } = "istio-system";

    /// <summary><c>trustDomain</c>; default <c>cluster.local</c>.</summary>
    public string TrustDomain { get; init; } = "cluster.local";

    /// <summary><c>trustDomainAliases</c>: other domains whose identities are taken as the mesh's own.</summary>
    public EquatableArray<string> TrustDomainAliases { get; init; }

    /// <summary><c>accessLogFile</c>; empty (default) = off, <c>/dev/stdout</c> = standard output.</summary>
    public string AccessLogFile { get; init; } = "";

    /// <summary><c>accessLogFormat</c>; empty = Istio's default format.</summary>
    public string AccessLogFormat { get; init; } = "";

    /// <summary><c>accessLogEncoding</c>.</summary>
    public AccessLogEncoding AccessLogEncoding { get; init; }

    /// <summary><c>connectTimeout</c>; default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>dnsRefreshRate</c>; default 60 s.</summary>
    public TimeSpan DnsRefreshRate { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>pathNormalization.normalization</c>.</summary>
    public PathNormalizationType PathNormalization { get; init; }

    /// <summary><c>defaultServiceExportTo</c>; default <c>*</c>.</summary>
    public EquatableArray<string> DefaultServiceExportTo { get; init; } = ["*"];

    /// <summary><c>defaultVirtualServiceExportTo</c>; default <c>*</c>.</summary>
    public EquatableArray<string> DefaultVirtualServiceExportTo { get; init; } = ["*"];

    /// <summary><c>defaultDestinationRuleExportTo</c>; default <c>*</c>.</summary>
    public EquatableArray<string> DefaultDestinationRuleExportTo { get; init; } = ["*"];

    /// <summary><c>defaultHttpRetryPolicy</c>; null = Istio's built-in one.</summary>
    public HttpRetry? DefaultHttpRetryPolicy { get; init; }

    /// <summary><c>h2UpgradePolicy</c>: whether HTTP/1.1 ports are spoken to in HTTP/2; default DO_NOT_UPGRADE.</summary>
    public H2UpgradePolicy H2UpgradePolicy { get; init; } = H2UpgradePolicy.DoNotUpgrade;

    /// <summary><c>tcpKeepalive</c>: probes on idle connections where the DestinationRule says nothing; null = none.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }

    /// <summary><c>localityLbSetting</c>.</summary>
    public LocalityLoadBalancerSetting? LocalityLbSetting { get; init; }

    /// <summary><c>zoneAwareLbSetting</c>; goes before <c>localityLbSetting</c>.</summary>
    public ZoneAwareLoadBalancerSetting? ZoneAwareLbSetting { get; init; }

    /// <summary><c>defaultTrafficPolicy</c>: what DestinationRules need not say; null = nothing.</summary>
    public DefaultTrafficPolicy? DefaultTrafficPolicy { get; init; }

    /// <summary><c>tlsDefaults.minProtocolVersion</c>.</summary>
    public TlsProtocol? TlsMinProtocolVersion { get; init; }

    /// <summary><c>tlsDefaults.cipherSuites</c>.</summary>
    public EquatableArray<string> TlsCipherSuites { get; init; }

    /// <summary><c>tlsDefaults.ecdhCurves</c>.</summary>
    public EquatableArray<string> TlsEcdhCurves { get; init; }

    /// <summary><c>defaultConfig.gatewayTopology.numTrustedProxies</c>; default 0.</summary>
    public int NumTrustedProxies { get; init; }

    /// <summary><c>defaultConfig.gatewayTopology.forwardClientCertDetails</c>; null = <c>SANITIZE_SET</c>.</summary>
    public string? ForwardClientCertDetails { get; init; }

    /// <summary><c>defaultConfig.gatewayTopology.proxyProtocol</c> is present.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary><c>extensionProviders</c>: whom CUSTOM policies can ask.</summary>
    public EquatableArray<ExtensionProvider> ExtensionProviders { get; init; }

    /// <summary><c>defaultConfig.proxyHeaders</c>.</summary>
    public ProxyHeaders ProxyHeaders { get; init; } = new();
}

/// <summary>Istio <c>MeshConfig.defaultTrafficPolicy</c>: each part stands for destinations whose rule has no such part.</summary>
public sealed record DefaultTrafficPolicy : SpecRecord
{
    /// <summary><c>connectionPool</c>.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>outlierDetection</c>.</summary>
    public OutlierDetection? OutlierDetection { get; init; }
}

/// <summary>Istio <c>ProxyConfig.ProxyHeaders</c>: headers that the proxy makes by itself.</summary>
public sealed record ProxyHeaders : SpecRecord
{
    /// <summary><c>server.disabled</c>: pass the backend's <c>server</c> through.</summary>
    public bool ServerDisabled { get; init; }

    /// <summary><c>server.value</c>; default <c>istio-envoy</c>.</summary>
    public string ServerValue { get; init; } = "istio-envoy";

    /// <summary><c>requestId.disabled</c>.</summary>
    public bool RequestIdDisabled { get; init; }

    /// <summary><c>attemptCount.disabled</c>.</summary>
    public bool AttemptCountDisabled { get; init; }

    /// <summary><c>envoyDebugHeaders.disabled</c>.</summary>
    public bool EnvoyDebugHeadersDisabled { get; init; }

    /// <summary><c>preserveHttp1HeaderCase</c>.</summary>
    public bool PreserveHttp1HeaderCase { get; init; }

    /// <summary><c>xForwardedHost.enabled</c>.</summary>
    public bool XForwardedHost { get; init; }

    /// <summary><c>xForwardedPort.enabled</c>.</summary>
    public bool XForwardedPort { get; init; }

    /// <summary><c>setCurrentClientCertDetails</c> as names: subject, cert, chain, dns, uri; empty = the default set.</summary>
    public EquatableArray<string> SetCurrentClientCertDetails { get; init; }
}
