using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads a <c>DestinationRule</c>'s traffic policy but its load balancer.</summary>
internal static class TrafficPolicyBinder
{
    public static TrafficPolicy TrafficPolicy(ObjectReader r) => new()
    {
        Node = r.Node,
        ConnectionPool = r.Object("connectionPool", ConnectionPoolSettings),
        LoadBalancer = r.Object("loadBalancer", LoadBalancerBinder.LoadBalancerSettings),
        OutlierDetection = r.Object("outlierDetection", OutlierDetection),
        PortLevelSettings = r.List("portLevelSettings", PortTrafficPolicy),
        ProxyProtocol = r.Object("proxyProtocol", UpstreamProxyProtocol),
        RetryBudget = r.Object("retryBudget", RetryBudget),
        Tls = r.Object("tls", ClientTlsSettings),
        Tunnel = r.Object("tunnel", TunnelSettings),
    };

    public static TunnelSettings TunnelSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        Protocol = r.String("protocol"),
        TargetHost = r.String("targetHost"),
        TargetPort = r.Count("targetPort"),
    };

    public static RetryBudget RetryBudget(ObjectReader r) => new()
    {
        Node = r.Node,
        BudgetInterval = r.Duration("budgetInterval"),
        MinRetryConcurrency = r.UInt32("minRetryConcurrency"),
        Percent = r.Double("percent"),
    };

    public static UpstreamProxyProtocol UpstreamProxyProtocol(ObjectReader r) => new()
    {
        Node = r.Node,
        Version = r.Enum("version", EnumNames.ProxyProtocolVersion),
    };

    public static PortTrafficPolicy PortTrafficPolicy(ObjectReader r) => new()
    {
        Node = r.Node,
        ConnectionPool = r.Object("connectionPool", ConnectionPoolSettings),
        LoadBalancer = r.Object("loadBalancer", LoadBalancerBinder.LoadBalancerSettings),
        OutlierDetection = r.Object("outlierDetection", OutlierDetection),
        Port = r.Object("port", VirtualServiceBinder.PortSelector),
        Tls = r.Object("tls", ClientTlsSettings),
    };

    public static ClientTlsSettings ClientTlsSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        CaCertificates = r.String("caCertificates"),
        CaCrl = r.String("caCrl"),
        ClientCertificate = r.String("clientCertificate"),
        CredentialName = r.String("credentialName"),
        InsecureSkipVerify = r.Boolean("insecureSkipVerify"),
        Mode = r.Enum("mode", EnumNames.ClientTlsMode),
        PrivateKey = r.String("privateKey"),
        Sni = r.String("sni"),
        SubjectAltNames = r.Strings("subjectAltNames"),
    };

    public static OutlierDetection OutlierDetection(ObjectReader r) => new()
    {
        Node = r.Node,
        BaseEjectionTime = r.Duration("baseEjectionTime"),
        Consecutive5xxErrors = r.UInt32("consecutive5xxErrors"),
        ConsecutiveErrors = r.Int32("consecutiveErrors"),
        ConsecutiveGatewayErrors = r.UInt32("consecutiveGatewayErrors"),
        ConsecutiveLocalOriginFailures = r.UInt32("consecutiveLocalOriginFailures"),
        Interval = r.Duration("interval"),
        MaxEjectionPercent = r.Int32("maxEjectionPercent"),
        MinHealthPercent = r.Int32("minHealthPercent"),
        OutlierDetectionHttpErrorCodes = r.Int32s("outlierDetectionHttpErrorCodes"),
        SplitExternalLocalOriginErrors = r.Boolean("splitExternalLocalOriginErrors"),
    };

    public static ConnectionPoolSettings ConnectionPoolSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        Http = r.Object("http", HttpPoolSettings),
        Tcp = r.Object("tcp", TcpPoolSettings),
    };

    public static TcpPoolSettings TcpPoolSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        ConnectTimeout = r.Duration("connectTimeout"),
        IdleTimeout = r.Duration("idleTimeout"),
        MaxConnectionDuration = r.Duration("maxConnectionDuration"),
        MaxConnections = r.Int32("maxConnections"),
        TcpKeepalive = r.Object("tcpKeepalive", TcpKeepalive),
    };

    public static TcpKeepalive TcpKeepalive(ObjectReader r) => new()
    {
        Node = r.Node,
        Interval = r.Duration("interval"),
        Probes = r.UInt32("probes"),
        Time = r.Duration("time"),
    };

    public static HttpPoolSettings HttpPoolSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        H2UpgradePolicy = r.Enum("h2UpgradePolicy", EnumNames.H2UpgradePolicy),
        Http1MaxPendingRequests = r.Int32("http1MaxPendingRequests"),
        Http2KeepAlive = r.Object("http2KeepAlive", Http2KeepAlive),
        Http2MaxRequests = r.Int32("http2MaxRequests"),
        IdleTimeout = r.Duration("idleTimeout"),
        MaxConcurrentStreams = r.Int32("maxConcurrentStreams"),
        MaxRequestsPerConnection = r.Int32("maxRequestsPerConnection"),
        MaxRetries = r.Int32("maxRetries"),
        UseClientProtocol = r.Boolean("useClientProtocol"),
    };

    public static Http2KeepAlive Http2KeepAlive(ObjectReader r) => new()
    {
        Node = r.Node,
        Interval = r.Duration("interval"),
        Timeout = r.Duration("timeout"),
    };
}
