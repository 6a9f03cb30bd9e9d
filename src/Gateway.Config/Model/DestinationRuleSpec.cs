namespace Gateway.Config.Model;

/// <summary>Istio <c>DestinationRule spec</c>.</summary>
public sealed record DestinationRuleSpec : SpecRecord
{
    /// <summary><c>exportTo</c>.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>host</c>.</summary>
    public string? Host { get; init; }

    /// <summary><c>subsets</c>.</summary>
    public EquatableArray<Subset> Subsets { get; init; }

    /// <summary><c>trafficPolicy</c>.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }

    /// <summary><c>workloadSelector</c>.</summary>
    public PolicyWorkloadSelector? WorkloadSelector { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.workloadSelector</c>.</summary>
public sealed record PolicyWorkloadSelector : SpecRecord
{
    /// <summary><c>matchLabels</c>.</summary>
    public EquatableMap<string> MatchLabels { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets</c>.</summary>
public sealed record Subset : SpecRecord
{
    /// <summary><c>labels</c>.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>trafficPolicy</c>.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy</c>.</summary>
public sealed record TrafficPolicy : SpecRecord
{
    /// <summary><c>connectionPool</c>.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>loadBalancer</c>.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>outlierDetection</c>.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>portLevelSettings</c>.</summary>
    public EquatableArray<PortTrafficPolicy> PortLevelSettings { get; init; }

    /// <summary><c>proxyProtocol</c>.</summary>
    public UpstreamProxyProtocol? ProxyProtocol { get; init; }

    /// <summary><c>retryBudget</c>.</summary>
    public RetryBudget? RetryBudget { get; init; }

    /// <summary><c>tls</c>.</summary>
    public ClientTlsSettings? Tls { get; init; }

    /// <summary><c>tunnel</c>.</summary>
    public TunnelSettings? Tunnel { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.tunnel</c>.</summary>
public sealed record TunnelSettings : SpecRecord
{
    /// <summary><c>protocol</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetHost</c>.</summary>
    public string? TargetHost { get; init; }

    /// <summary><c>targetPort</c>.</summary>
    public int? TargetPort { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.retryBudget</c>.</summary>
public sealed record RetryBudget : SpecRecord
{
    /// <summary><c>budgetInterval</c>. A duration.</summary>
    public TimeSpan? BudgetInterval { get; init; }

    /// <summary><c>minRetryConcurrency</c>.</summary>
    public uint? MinRetryConcurrency { get; init; }

    /// <summary><c>percent</c>. A number.</summary>
    public double? Percent { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.proxyProtocol</c>.</summary>
public sealed record UpstreamProxyProtocol : SpecRecord
{
    /// <summary><c>version</c>.</summary>
    public ProxyProtocolVersion? Version { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.portLevelSettings</c>.</summary>
public sealed record PortTrafficPolicy : SpecRecord
{
    /// <summary><c>connectionPool</c>.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>loadBalancer</c>.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>outlierDetection</c>.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>port</c>.</summary>
    public PortSelector? Port { get; init; }

    /// <summary><c>tls</c>.</summary>
    public ClientTlsSettings? Tls { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.portLevelSettings.tls</c>.</summary>
public sealed record ClientTlsSettings : SpecRecord
{
    /// <summary><c>caCertificates</c>.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>caCrl</c>.</summary>
    public string? CaCrl { get; init; }

    /// <summary><c>clientCertificate</c>.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary><c>credentialName</c>.</summary>
    public string? CredentialName { get; init; }

    /// <summary><c>insecureSkipVerify</c>.</summary>
    public bool? InsecureSkipVerify { get; init; }

    /// <summary><c>mode</c>.</summary>
    public ClientTlsMode? Mode { get; init; }

    /// <summary><c>privateKey</c>.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>sni</c>.</summary>
    public string? Sni { get; init; }

    /// <summary><c>subjectAltNames</c>.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.outlierDetection</c>.</summary>
public sealed record OutlierDetection : SpecRecord
{
    /// <summary><c>baseEjectionTime</c>. A duration.</summary>
    public TimeSpan? BaseEjectionTime { get; init; }

    /// <summary><c>consecutive5xxErrors</c>.</summary>
    public uint? Consecutive5xxErrors { get; init; }

    /// <summary><c>consecutiveErrors</c>.</summary>
    public int? ConsecutiveErrors { get; init; }

    /// <summary><c>consecutiveGatewayErrors</c>.</summary>
    public uint? ConsecutiveGatewayErrors { get; init; }

    /// <summary><c>consecutiveLocalOriginFailures</c>.</summary>
    public uint? ConsecutiveLocalOriginFailures { get; init; }

    /// <summary><c>interval</c>. A duration.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>maxEjectionPercent</c>.</summary>
    public int? MaxEjectionPercent { get; init; }

    /// <summary><c>minHealthPercent</c>.</summary>
    public int? MinHealthPercent { get; init; }

    /// <summary><c>outlierDetectionHttpErrorCodes</c>.</summary>
    public EquatableArray<int> OutlierDetectionHttpErrorCodes { get; init; }

    /// <summary><c>splitExternalLocalOriginErrors</c>.</summary>
    public bool? SplitExternalLocalOriginErrors { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer</c>.</summary>
public sealed record LoadBalancerSettings : SpecRecord
{
    /// <summary><c>backendUtilization</c>.</summary>
    public BackendUtilization? BackendUtilization { get; init; }

    /// <summary><c>consistentHash</c>.</summary>
    public ConsistentHash? ConsistentHash { get; init; }

    /// <summary><c>localityLbSetting</c>.</summary>
    public LocalityLoadBalancerSetting? LocalityLbSetting { get; init; }

    /// <summary><c>simple</c>.</summary>
    public SimpleLb? Simple { get; init; }

    /// <summary><c>warmup</c>.</summary>
    public WarmupConfiguration? Warmup { get; init; }

    /// <summary><c>warmupDurationSecs</c>. A duration.</summary>
    public TimeSpan? WarmupDurationSecs { get; init; }

    /// <summary><c>zoneAwareLbSetting</c>.</summary>
    public ZoneAwareLoadBalancerSetting? ZoneAwareLbSetting { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.zoneAwareLbSetting</c>.</summary>
public sealed record ZoneAwareLoadBalancerSetting : SpecRecord
{
    /// <summary><c>enabled</c>.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>failover</c>.</summary>
    public EquatableArray<LocalityFailover> Failover { get; init; }

    /// <summary><c>failoverPriority</c>.</summary>
    public EquatableArray<string> FailoverPriority { get; init; }

    /// <summary><c>minClusterSize</c>.</summary>
    public uint? MinClusterSize { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.warmup</c>.</summary>
public sealed record WarmupConfiguration : SpecRecord
{
    /// <summary><c>aggression</c>. A number.</summary>
    public double? Aggression { get; init; }

    /// <summary><c>duration</c>. A duration.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary><c>minimumPercent</c>. A number.</summary>
    public double? MinimumPercent { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.localityLbSetting</c>.</summary>
public sealed record LocalityLoadBalancerSetting : SpecRecord
{
    /// <summary><c>distribute</c>.</summary>
    public EquatableArray<LocalityDistribute> Distribute { get; init; }

    /// <summary><c>enabled</c>.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>failover</c>.</summary>
    public EquatableArray<LocalityFailover> Failover { get; init; }

    /// <summary><c>failoverPriority</c>.</summary>
    public EquatableArray<string> FailoverPriority { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.localityLbSetting.failover</c>.</summary>
public sealed record LocalityFailover : SpecRecord
{
    /// <summary><c>from</c>.</summary>
    public string? From { get; init; }

    /// <summary><c>to</c>.</summary>
    public string? To { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.localityLbSetting.distribute</c>.</summary>
public sealed record LocalityDistribute : SpecRecord
{
    /// <summary><c>from</c>.</summary>
    public string? From { get; init; }

    /// <summary><c>to</c>.</summary>
    public EquatableMap<uint> To { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.consistentHash</c>.</summary>
public sealed record ConsistentHash : SpecRecord
{
    /// <summary><c>httpCookie</c>.</summary>
    public HttpCookie? HttpCookie { get; init; }

    /// <summary><c>httpHeaderName</c>.</summary>
    public string? HttpHeaderName { get; init; }

    /// <summary><c>httpQueryParameterName</c>.</summary>
    public string? HttpQueryParameterName { get; init; }

    /// <summary><c>maglev</c>.</summary>
    public MagLev? Maglev { get; init; }

    /// <summary><c>minimumRingSize</c>.</summary>
    public int? MinimumRingSize { get; init; }

    /// <summary><c>ringHash</c>.</summary>
    public RingHash? RingHash { get; init; }

    /// <summary><c>useSourceIp</c>.</summary>
    public bool? UseSourceIp { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.consistentHash.ringHash</c>.</summary>
public sealed record RingHash : SpecRecord
{
    /// <summary><c>minimumRingSize</c>.</summary>
    public int? MinimumRingSize { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.consistentHash.maglev</c>.</summary>
public sealed record MagLev : SpecRecord
{
    /// <summary><c>tableSize</c>.</summary>
    public int? TableSize { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.consistentHash.httpCookie</c>.</summary>
public sealed record HttpCookie : SpecRecord
{
    /// <summary><c>attributes</c>.</summary>
    public EquatableArray<HttpCookieAttribute> Attributes { get; init; }

    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>path</c>.</summary>
    public string? Path { get; init; }

    /// <summary><c>ttl</c>. A duration.</summary>
    public TimeSpan? Ttl { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.consistentHash.httpCookie.attributes</c>.</summary>
public sealed record HttpCookieAttribute : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>value</c>.</summary>
    public string? Value { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.loadBalancer.backendUtilization</c>.</summary>
public sealed record BackendUtilization : SpecRecord
{
    /// <summary><c>errorUtilizationPenaltyPercent</c>.</summary>
    public uint? ErrorUtilizationPenaltyPercent { get; init; }

    /// <summary><c>metricNamesForComputingUtilization</c>.</summary>
    public EquatableArray<string> MetricNamesForComputingUtilization { get; init; }

    /// <summary><c>weightExpirationPeriod</c>. A duration.</summary>
    public TimeSpan? WeightExpirationPeriod { get; init; }

    /// <summary><c>weightStabilizationPeriod</c>. A duration.</summary>
    public TimeSpan? WeightStabilizationPeriod { get; init; }

    /// <summary><c>weightUpdatePeriod</c>. A duration.</summary>
    public TimeSpan? WeightUpdatePeriod { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.connectionPool</c>.</summary>
public sealed record ConnectionPoolSettings : SpecRecord
{
    /// <summary><c>http</c>.</summary>
    public HttpPoolSettings? Http { get; init; }

    /// <summary><c>tcp</c>.</summary>
    public TcpPoolSettings? Tcp { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.connectionPool.tcp</c>.</summary>
public sealed record TcpPoolSettings : SpecRecord
{
    /// <summary><c>connectTimeout</c>. A duration.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary><c>idleTimeout</c>. A duration.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>maxConnectionDuration</c>. A duration.</summary>
    public TimeSpan? MaxConnectionDuration { get; init; }

    /// <summary><c>maxConnections</c>.</summary>
    public int? MaxConnections { get; init; }

    /// <summary><c>tcpKeepalive</c>.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.connectionPool.tcp.tcpKeepalive</c>.</summary>
public sealed record TcpKeepalive : SpecRecord
{
    /// <summary><c>interval</c>. A duration.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>probes</c>.</summary>
    public uint? Probes { get; init; }

    /// <summary><c>time</c>. A duration.</summary>
    public TimeSpan? Time { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.connectionPool.http</c>.</summary>
public sealed record HttpPoolSettings : SpecRecord
{
    /// <summary><c>h2UpgradePolicy</c>.</summary>
    public H2UpgradePolicy? H2UpgradePolicy { get; init; }

    /// <summary><c>http1MaxPendingRequests</c>.</summary>
    public int? Http1MaxPendingRequests { get; init; }

    /// <summary><c>http2KeepAlive</c>.</summary>
    public Http2KeepAlive? Http2KeepAlive { get; init; }

    /// <summary><c>http2MaxRequests</c>.</summary>
    public int? Http2MaxRequests { get; init; }

    /// <summary><c>idleTimeout</c>. A duration.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>maxConcurrentStreams</c>.</summary>
    public int? MaxConcurrentStreams { get; init; }

    /// <summary><c>maxRequestsPerConnection</c>.</summary>
    public int? MaxRequestsPerConnection { get; init; }

    /// <summary><c>maxRetries</c>.</summary>
    public int? MaxRetries { get; init; }

    /// <summary><c>useClientProtocol</c>.</summary>
    public bool? UseClientProtocol { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.subsets.trafficPolicy.connectionPool.http.http2KeepAlive</c>.</summary>
public sealed record Http2KeepAlive : SpecRecord
{
    /// <summary><c>interval</c>. A duration.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>timeout</c>. A duration.</summary>
    public TimeSpan? Timeout { get; init; }
}
