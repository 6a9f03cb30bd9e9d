namespace Gateway.Config.Model;

/// <summary>How the gateway deals with a destination: Istio <c>DestinationRule</c>, <c>spec</c>.</summary>
public sealed record DestinationRuleSpec : SpecRecord
{
    /// <summary><c>exportTo</c>: namespaces whose workloads use it: <c>.</c> own, <c>*</c> all, <c>~</c> none, or names; empty = the mesh's default.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>host</c>: service name, short (completed with the own namespace), full or <c>*.suffix</c>; required.</summary>
    public string? Host { get; init; }

    /// <summary><c>subsets</c>: named parts of the service.</summary>
    public EquatableArray<Subset> Subsets { get; init; }

    /// <summary><c>trafficPolicy</c>: for all subsets; a subset's own policy overrides it field by field.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }

    /// <summary><c>workloadSelector</c>: client workloads it is for; null = all.</summary>
    public PolicyWorkloadSelector? WorkloadSelector { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.workloadSelector</c>.</summary>
public sealed record PolicyWorkloadSelector : SpecRecord
{
    /// <summary><c>matchLabels</c>: labels that must all be there.</summary>
    public EquatableMap<string> MatchLabels { get; init; }
}

/// <summary>A named part of a service's endpoints. Istio <c>DestinationRule spec.subsets[]</c>.</summary>
public sealed record Subset : SpecRecord
{
    /// <summary><c>labels</c>: labels that an endpoint must have; empty = all endpoints.</summary>
    public EquatableMap<string> Labels { get; init; }

    /// <summary><c>name</c>: what destinations call it; required.</summary>
    public string? Name { get; init; }

    /// <summary><c>trafficPolicy</c>: overrides for this subset.</summary>
    public TrafficPolicy? TrafficPolicy { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy</c>, and of a subset.</summary>
public sealed record TrafficPolicy : SpecRecord
{
    /// <summary><c>connectionPool</c>: limits on connections and requests.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>loadBalancer</c>: how an endpoint is chosen; null = LEAST_REQUEST.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>outlierDetection</c>: when failing endpoints are left out; null = never.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>portLevelSettings</c>: policies by service port.</summary>
    public EquatableArray<PortTrafficPolicy> PortLevelSettings { get; init; }

    /// <summary><c>proxyProtocol</c>: send a PROXY header to the destination.</summary>
    public UpstreamProxyProtocol? ProxyProtocol { get; init; }

    /// <summary><c>retryBudget</c>: limit on retries; null = a fixed number.</summary>
    public RetryBudget? RetryBudget { get; init; }

    /// <summary><c>tls</c>: TLS towards the destination; null = plain text.</summary>
    public ClientTlsSettings? Tls { get; init; }

    /// <summary><c>tunnel</c>: reach the destination through a proxy.</summary>
    public TunnelSettings? Tunnel { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.tunnel</c>: TCP connections are made through a proxy.</summary>
public sealed record TunnelSettings : SpecRecord
{
    /// <summary><c>protocol</c>: CONNECT (default) or POST.</summary>
    public string? Protocol { get; init; }

    /// <summary><c>targetHost</c>: host asked of the proxy; required.</summary>
    public string? TargetHost { get; init; }

    /// <summary><c>targetPort</c>: port asked of the proxy; required.</summary>
    public int? TargetPort { get; init; }
}

/// <summary>A limit on retries as a share of the requests in progress. Istio <c>DestinationRule spec.trafficPolicy.retryBudget</c>.</summary>
public sealed record RetryBudget : SpecRecord
{
    /// <summary><c>budgetInterval</c>: time over which requests are counted; null = 10 s.</summary>
    public TimeSpan? BudgetInterval { get; init; }

    /// <summary><c>minRetryConcurrency</c>: retries always allowed; null = 3.</summary>
    public uint? MinRetryConcurrency { get; init; }

    /// <summary><c>percent</c>: retries as a share of requests in percent, 0 to 100; null = 20.</summary>
    public double? Percent { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.proxyProtocol</c>.</summary>
public sealed record UpstreamProxyProtocol : SpecRecord
{
    /// <summary><c>version</c>: null = V1.</summary>
    public ProxyProtocolVersion? Version { get; init; }
}

/// <summary>The policy for one service port; it replaces the general one as a whole. Istio <c>DestinationRule spec.trafficPolicy.portLevelSettings[]</c>.</summary>
public sealed record PortTrafficPolicy : SpecRecord
{
    /// <summary><c>connectionPool</c>: limits on connections and requests.</summary>
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    /// <summary><c>loadBalancer</c>: how an endpoint is chosen.</summary>
    public LoadBalancerSettings? LoadBalancer { get; init; }

    /// <summary><c>outlierDetection</c>: when failing endpoints are left out.</summary>
    public OutlierDetection? OutlierDetection { get; init; }

    /// <summary><c>port</c>: the service port; required.</summary>
    public PortSelector? Port { get; init; }

    /// <summary><c>tls</c>: TLS towards the destination.</summary>
    public ClientTlsSettings? Tls { get; init; }
}

/// <summary>How the gateway makes TLS connections. Istio <c>DestinationRule spec.trafficPolicy.tls</c>.</summary>
public sealed record ClientTlsSettings : SpecRecord
{
    /// <summary><c>caCertificates</c>: file with the authorities for the server's certificate, PEM; null = those of the system.</summary>
    public string? CaCertificates { get; init; }

    /// <summary><c>caCrl</c>: file with revoked server certificates, PEM.</summary>
    public string? CaCrl { get; init; }

    /// <summary><c>clientCertificate</c>: file with the client certificate, PEM; MUTUAL.</summary>
    public string? ClientCertificate { get; init; }

    /// <summary><c>credentialName</c>: Secret with the above, for gateways; excludes the files.</summary>
    public string? CredentialName { get; init; }

    /// <summary><c>insecureSkipVerify</c>: do not verify the server's certificate; default false.</summary>
    public bool? InsecureSkipVerify { get; init; }

    /// <summary><c>mode</c>: null = DISABLE.</summary>
    public ClientTlsMode? Mode { get; init; }

    /// <summary><c>privateKey</c>: file with the client key, PEM; MUTUAL.</summary>
    public string? PrivateKey { get; init; }

    /// <summary><c>sni</c>: name sent in the handshake; null = the authority of the request.</summary>
    public string? Sni { get; init; }

    /// <summary><c>subjectAltNames</c>: names of which the server's certificate must carry one, exactly; empty = the name asked for.</summary>
    public EquatableArray<string> SubjectAltNames { get; init; }
}

/// <summary>When a failing endpoint gets no requests for a while. Istio <c>DestinationRule spec.trafficPolicy.outlierDetection</c>.</summary>
public sealed record OutlierDetection : SpecRecord
{
    /// <summary><c>baseEjectionTime</c>: shortest ejection, times the number of ejections so far; null = 30 s.</summary>
    public TimeSpan? BaseEjectionTime { get; init; }

    /// <summary><c>consecutive5xxErrors</c>: 5xx answers in a row; null = 5, 0 = off.</summary>
    public uint? Consecutive5xxErrors { get; init; }

    /// <summary><c>consecutiveErrors</c>: deprecated, not used.</summary>
    public int? ConsecutiveErrors { get; init; }

    /// <summary><c>consecutiveGatewayErrors</c>: 502, 503, 504 in a row; null or 0 = off.</summary>
    public uint? ConsecutiveGatewayErrors { get; init; }

    /// <summary><c>consecutiveLocalOriginFailures</c>: failures to connect in a row, if these are counted apart; null = 5.</summary>
    public uint? ConsecutiveLocalOriginFailures { get; init; }

    /// <summary><c>interval</c>: time between sweeps; null = 10 s.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>maxEjectionPercent</c>: most endpoints that may be out, in percent; null = 10.</summary>
    public int? MaxEjectionPercent { get; init; }

    /// <summary><c>minHealthPercent</c>: below this share of healthy endpoints, in percent, all get requests; null = 0.</summary>
    public int? MinHealthPercent { get; init; }

    /// <summary><c>outlierDetectionHttpErrorCodes</c>: statuses that count as errors, 100 to 599.</summary>
    public EquatableArray<int> OutlierDetectionHttpErrorCodes { get; init; }

    /// <summary><c>splitExternalLocalOriginErrors</c>: count failures to connect apart from answers; default false.</summary>
    public bool? SplitExternalLocalOriginErrors { get; init; }
}

/// <summary>How an endpoint is chosen; one of <c>simple</c> and <c>consistentHash</c>. Istio <c>DestinationRule spec.trafficPolicy.loadBalancer</c>.</summary>
public sealed record LoadBalancerSettings : SpecRecord
{
    /// <summary><c>backendUtilization</c>: weights by reported load.</summary>
    public BackendUtilization? BackendUtilization { get; init; }

    /// <summary><c>consistentHash</c>: by a key of the request.</summary>
    public ConsistentHash? ConsistentHash { get; init; }

    /// <summary><c>localityLbSetting</c>: by locality; null = that of the mesh.</summary>
    public LocalityLoadBalancerSetting? LocalityLbSetting { get; init; }

    /// <summary><c>simple</c>: null or UNSPECIFIED = LEAST_REQUEST; LEAST_CONN is its old name.</summary>
    public SimpleLb? Simple { get; init; }

    /// <summary><c>warmup</c>: slow start of new endpoints.</summary>
    public WarmupConfiguration? Warmup { get; init; }

    /// <summary><c>warmupDurationSecs</c>: deprecated: <c>warmup.duration</c>.</summary>
    public TimeSpan? WarmupDurationSecs { get; init; }

    /// <summary><c>zoneAwareLbSetting</c>: by zone.</summary>
    public ZoneAwareLoadBalancerSetting? ZoneAwareLbSetting { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.zoneAwareLbSetting</c>.</summary>
public sealed record ZoneAwareLoadBalancerSetting : SpecRecord
{
    /// <summary><c>enabled</c>: null = as the mesh says.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>failover</c>: regions that stand in for regions.</summary>
    public EquatableArray<LocalityFailover> Failover { get; init; }

    /// <summary><c>failoverPriority</c>: labels in the order in which they decide about nearness.</summary>
    public EquatableArray<string> FailoverPriority { get; init; }

    /// <summary><c>minClusterSize</c>: fewest endpoints for routing by zone.</summary>
    public uint? MinClusterSize { get; init; }
}

/// <summary>A new endpoint gets its share of requests little by little. Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.warmup</c>.</summary>
public sealed record WarmupConfiguration : SpecRecord
{
    /// <summary><c>aggression</c>: exponent of the growth; null = 1, linear.</summary>
    public double? Aggression { get; init; }

    /// <summary><c>duration</c>: how long; required.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary><c>minimumPercent</c>: share at the beginning in percent, 0 to 100; null = 10.</summary>
    public double? MinimumPercent { get; init; }
}

/// <summary>Istio <c>LocalityLoadBalancerSetting</c>; at most one of <c>distribute</c>, <c>failover</c> and <c>failoverPriority</c>.</summary>
public sealed record LocalityLoadBalancerSetting : SpecRecord
{
    /// <summary><c>distribute</c>: shares by locality of the gateway.</summary>
    public EquatableArray<LocalityDistribute> Distribute { get; init; }

    /// <summary><c>enabled</c>: null = true.</summary>
    public bool? Enabled { get; init; }

    /// <summary><c>failover</c>: regions that stand in for regions.</summary>
    public EquatableArray<LocalityFailover> Failover { get; init; }

    /// <summary><c>failoverPriority</c>: labels (<c>name</c> or <c>name=value</c>) in the order in which they decide about nearness.</summary>
    public EquatableArray<string> FailoverPriority { get; init; }
}

/// <summary>Istio <c>LocalityLoadBalancerSetting.failover[]</c>.</summary>
public sealed record LocalityFailover : SpecRecord
{
    /// <summary><c>from</c>: region of the gateway.</summary>
    public string? From { get; init; }

    /// <summary><c>to</c>: region used when that one fails.</summary>
    public string? To { get; init; }
}

/// <summary>Istio <c>LocalityLoadBalancerSetting.distribute[]</c>.</summary>
public sealed record LocalityDistribute : SpecRecord
{
    /// <summary><c>from</c>: locality of the gateway, <c>region/zone/subzone</c> with <c>*</c>.</summary>
    public string? From { get; init; }

    /// <summary><c>to</c>: percent by locality; together 100.</summary>
    public EquatableMap<uint> To { get; init; }
}

/// <summary>Equal requests go to the same endpoint; one key and one algorithm. Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.consistentHash</c>.</summary>
public sealed record ConsistentHash : SpecRecord
{
    /// <summary><c>httpCookie</c>: key: a cookie.</summary>
    public HttpCookie? HttpCookie { get; init; }

    /// <summary><c>httpHeaderName</c>: key: a header.</summary>
    public string? HttpHeaderName { get; init; }

    /// <summary><c>httpQueryParameterName</c>: key: a query parameter.</summary>
    public string? HttpQueryParameterName { get; init; }

    /// <summary><c>maglev</c>: algorithm Maglev.</summary>
    public MagLev? Maglev { get; init; }

    /// <summary><c>minimumRingSize</c>: deprecated: <c>ringHash.minimumRingSize</c>.</summary>
    public int? MinimumRingSize { get; init; }

    /// <summary><c>ringHash</c>: algorithm ring hash (the default).</summary>
    public RingHash? RingHash { get; init; }

    /// <summary><c>useSourceIp</c>: key: the client's address.</summary>
    public bool? UseSourceIp { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.ringHash</c>.</summary>
public sealed record RingHash : SpecRecord
{
    /// <summary><c>minimumRingSize</c>: fewest points on the ring; null = 1024.</summary>
    public int? MinimumRingSize { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.maglev</c>.</summary>
public sealed record MagLev : SpecRecord
{
    /// <summary><c>tableSize</c>: entries of the table, a prime up to 5000011; null = 65537.</summary>
    public int? TableSize { get; init; }
}

/// <summary>A cookie as the key; the gateway makes it if <c>ttl</c> is set. Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.httpCookie</c>.</summary>
public sealed record HttpCookie : SpecRecord
{
    /// <summary><c>attributes</c>: further attributes of the cookie that is made.</summary>
    public EquatableArray<HttpCookieAttribute> Attributes { get; init; }

    /// <summary><c>name</c>: name; required.</summary>
    public string? Name { get; init; }

    /// <summary><c>path</c>: path of the cookie that is made.</summary>
    public string? Path { get; init; }

    /// <summary><c>ttl</c>: life of the cookie that is made, 0 = session; null = none is made.</summary>
    public TimeSpan? Ttl { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.attributes[]</c>.</summary>
public sealed record HttpCookieAttribute : SpecRecord
{
    /// <summary><c>name</c>: e.g. <c>SameSite</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>value</c>: its value, if any.</summary>
    public string? Value { get; init; }
}

/// <summary>Weights from the load that backends report. Istio <c>DestinationRule spec.trafficPolicy.loadBalancer.backendUtilization</c>.</summary>
public sealed record BackendUtilization : SpecRecord
{
    /// <summary><c>errorUtilizationPenaltyPercent</c>: how much errors count as load, in percent.</summary>
    public uint? ErrorUtilizationPenaltyPercent { get; init; }

    /// <summary><c>metricNamesForComputingUtilization</c>: named metrics to use.</summary>
    public EquatableArray<string> MetricNamesForComputingUtilization { get; init; }

    /// <summary><c>weightExpirationPeriod</c>: age at which a report no longer counts.</summary>
    public TimeSpan? WeightExpirationPeriod { get; init; }

    /// <summary><c>weightStabilizationPeriod</c>: time without weights for a new endpoint.</summary>
    public TimeSpan? WeightStabilizationPeriod { get; init; }

    /// <summary><c>weightUpdatePeriod</c>: time between changes of weights.</summary>
    public TimeSpan? WeightUpdatePeriod { get; init; }
}

/// <summary>Limits on connections and requests, per destination host, port and subset. Istio <c>DestinationRule spec.trafficPolicy.connectionPool</c>.</summary>
public sealed record ConnectionPoolSettings : SpecRecord
{
    /// <summary><c>http</c>: for HTTP.</summary>
    public HttpPoolSettings? Http { get; init; }

    /// <summary><c>tcp</c>: for connections.</summary>
    public TcpPoolSettings? Tcp { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.connectionPool.tcp</c>; holds for HTTP as well.</summary>
public sealed record TcpPoolSettings : SpecRecord
{
    /// <summary><c>connectTimeout</c>: longest time to connect, at least 1 ms; null = the mesh's, 10 s.</summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary><c>idleTimeout</c>: connections without traffic are closed after it; null = 1 h, 0 = never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>maxConnectionDuration</c>: longest life of a connection; null = no limit.</summary>
    public TimeSpan? MaxConnectionDuration { get; init; }

    /// <summary><c>maxConnections</c>: most connections; null or 0 = no limit.</summary>
    public int? MaxConnections { get; init; }

    /// <summary><c>tcpKeepalive</c>: probes on idle connections; null = the mesh's.</summary>
    public TcpKeepalive? TcpKeepalive { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.connectionPool.tcp.tcpKeepalive</c>.</summary>
public sealed record TcpKeepalive : SpecRecord
{
    /// <summary><c>interval</c>: time between probes.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>probes</c>: lost probes before a connection is given up.</summary>
    public uint? Probes { get; init; }

    /// <summary><c>time</c>: idle time before the first probe.</summary>
    public TimeSpan? Time { get; init; }
}

/// <summary>Istio <c>DestinationRule spec.trafficPolicy.connectionPool.http</c>.</summary>
public sealed record HttpPoolSettings : SpecRecord
{
    /// <summary><c>h2UpgradePolicy</c>: whether HTTP/1.1 ports are spoken to in HTTP/2; null = the mesh's.</summary>
    public H2UpgradePolicy? H2UpgradePolicy { get; init; }

    /// <summary><c>http1MaxPendingRequests</c>: most requests that wait for a connection; null or 0 = no limit.</summary>
    public int? Http1MaxPendingRequests { get; init; }

    /// <summary><c>http2KeepAlive</c>: pings on HTTP/2 connections.</summary>
    public Http2KeepAlive? Http2KeepAlive { get; init; }

    /// <summary><c>http2MaxRequests</c>: most requests in progress, for HTTP/1.1 as well; null or 0 = no limit.</summary>
    public int? Http2MaxRequests { get; init; }

    /// <summary><c>idleTimeout</c>: connections without requests are closed after it; null = 1 h, 0 = never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary><c>maxConcurrentStreams</c>: most streams on one HTTP/2 connection.</summary>
    public int? MaxConcurrentStreams { get; init; }

    /// <summary><c>maxRequestsPerConnection</c>: requests after which a connection is closed; null or 0 = no limit, 1 = no keep-alive.</summary>
    public int? MaxRequestsPerConnection { get; init; }

    /// <summary><c>maxRetries</c>: most retries in progress; null or 0 = no limit.</summary>
    public int? MaxRetries { get; init; }

    /// <summary><c>useClientProtocol</c>: speak the HTTP version that the client speaks; default false.</summary>
    public bool? UseClientProtocol { get; init; }
}

/// <summary>Pings on idle HTTP/2 connections. Istio <c>DestinationRule spec.trafficPolicy.connectionPool.http.http2KeepAlive</c>.</summary>
public sealed record Http2KeepAlive : SpecRecord
{
    /// <summary><c>interval</c>: time between pings.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>timeout</c>: wait for the answer to a ping.</summary>
    public TimeSpan? Timeout { get; init; }
}
