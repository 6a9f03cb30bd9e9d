using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads Istio's MeshConfig. What only Istio's control plane or sidecars use is known and not read.</summary>
internal static class MeshConfigBinder
{
    /// <summary>The name under which its fields stand in the table of field statuses.</summary>
    public const string Kind = "MeshConfig";

    private static readonly EnumNames<AccessLogEncoding> Encodings = new(("TEXT", AccessLogEncoding.Text), ("JSON", AccessLogEncoding.Json));

    private static readonly EnumNames<PathNormalizationType> Normalizations = new(
        ("DEFAULT", PathNormalizationType.Default),
        ("NONE", PathNormalizationType.None),
        ("BASE", PathNormalizationType.Base),
        ("MERGE_SLASHES", PathNormalizationType.MergeSlashes),
        ("DECODE_AND_MERGE_SLASHES", PathNormalizationType.DecodeAndMergeSlashes));

    private static readonly EnumNames<H2UpgradePolicy> MeshUpgrades = new(
        ("DO_NOT_UPGRADE", Model.H2UpgradePolicy.DoNotUpgrade),
        ("UPGRADE", Model.H2UpgradePolicy.Upgrade));

    private sealed record TlsDefaults(TlsProtocol? MinVersion, EquatableArray<string> CipherSuites, EquatableArray<string> Curves);

    private sealed record PathSettings(PathNormalizationType? Normalization);

    public static MeshConfig MeshConfig(ObjectReader r)
    {
        MeshConfig defaults = Model.MeshConfig.Default;
        TlsDefaults? tls = r.Object("tlsDefaults", Tls);
        ProxyDefaults? proxy = r.Object("defaultConfig", ProxyConfigBinder.ProxyConfig);
        MeshConfig mesh = new()
        {
            Node = r.Node,
            RootNamespace = NotEmpty(r.String("rootNamespace")) ?? defaults.RootNamespace,
            TrustDomain = NotEmpty(r.String("trustDomain")) ?? defaults.TrustDomain,
            TrustDomainAliases = r.Strings("trustDomainAliases"),
            AccessLogFile = r.String("accessLogFile") ?? defaults.AccessLogFile,
            AccessLogFormat = r.String("accessLogFormat") ?? defaults.AccessLogFormat,
            AccessLogEncoding = r.Enum("accessLogEncoding", Encodings) ?? defaults.AccessLogEncoding,
            ConnectTimeout = r.Duration("connectTimeout") ?? defaults.ConnectTimeout,
            DnsRefreshRate = r.Duration("dnsRefreshRate") ?? defaults.DnsRefreshRate,
            PathNormalization = r.Object("pathNormalization", Path)?.Normalization ?? defaults.PathNormalization,
            DefaultServiceExportTo = r.Strings("defaultServiceExportTo") is { IsEmpty: false } services ? services : defaults.DefaultServiceExportTo,
            DefaultVirtualServiceExportTo = r.Strings("defaultVirtualServiceExportTo") is { IsEmpty: false } routes ? routes : defaults.DefaultVirtualServiceExportTo,
            DefaultDestinationRuleExportTo = r.Strings("defaultDestinationRuleExportTo") is { IsEmpty: false } rules ? rules : defaults.DefaultDestinationRuleExportTo,
            DefaultHttpRetryPolicy = r.Object("defaultHttpRetryPolicy", HttpRouteBinder.HttpRetry),
            LocalityLbSetting = r.Object("localityLbSetting", LoadBalancerBinder.LocalityLoadBalancerSetting),
            ZoneAwareLbSetting = r.Object("zoneAwareLbSetting", LoadBalancerBinder.ZoneAwareLoadBalancerSetting),
            DefaultTrafficPolicy = r.Object("defaultTrafficPolicy", TrafficPolicy),
            H2UpgradePolicy = r.Enum("h2UpgradePolicy", MeshUpgrades) ?? defaults.H2UpgradePolicy,
            TcpKeepalive = r.Object("tcpKeepalive", TrafficPolicyBinder.TcpKeepalive),
            TlsMinProtocolVersion = tls?.MinVersion,
            TlsCipherSuites = tls?.CipherSuites ?? default,
            TlsEcdhCurves = tls?.Curves ?? default,
            NumTrustedProxies = proxy?.Topology?.TrustedProxies ?? defaults.NumTrustedProxies,
            ForwardClientCertDetails = proxy?.Topology?.ForwardClientCert,
            ProxyProtocol = proxy?.Topology?.ProxyProtocol ?? defaults.ProxyProtocol,
            ProxyHeaders = proxy?.Headers ?? defaults.ProxyHeaders,
            ExtensionProviders = r.List("extensionProviders", ExtensionProviderBinder.ExtensionProvider),
        };
        r.Ignore("proxyListenPort", "proxyInboundListenPort", "proxyHttpPort", "hboneIdleTimeout", "protocolDetectionTimeout",
            "ingressClass", "ingressService", "ingressControllerMode", "ingressSelector", "enableTracing", "enableEnvoyAccessLogService",
            "disableEnvoyListenerLog", "outboundTrafficPolicy", "inboundTrafficPolicy", "configSources", "enableAutoMtls",
            "caCertificates", "inboundClusterStatName",
            "outboundClusterStatName", "certificates", "serviceSettings", "serviceScopeConfigs", "enablePrometheusMerge",
            "verifyCertificateAtClient", "ca", "discoverySelectors", "meshMTLS",
            "serviceEntryVisibility");
        _ = r.Object("defaultProviders", Providers);
        return mesh;
    }

    private static DefaultTrafficPolicy TrafficPolicy(ObjectReader r) => new()
    {
        Node = r.Node,
        ConnectionPool = r.Object("connectionPool", TrafficPolicyBinder.ConnectionPoolSettings),
        OutlierDetection = r.Object("outlierDetection", TrafficPolicyBinder.OutlierDetection),
    };

    private static string? NotEmpty(string? text) => text is { Length: > 0 } ? text : null;

    private static TlsDefaults Tls(ObjectReader r) =>
        new(r.Enum("minProtocolVersion", EnumNames.TlsProtocol), r.Strings("cipherSuites"), r.Strings("ecdhCurves"));

    private static object Providers(ObjectReader r)
    {
        r.Ignore("metrics", "tracing", "accessLogging");
        return r;
    }

    private static PathSettings Path(ObjectReader r) => new(r.Enum("normalization", Normalizations));
}
