namespace Gateway.Config.Model;

/// <summary>Istio <c>VirtualService spec</c>.</summary>
public sealed record VirtualServiceSpec : SpecRecord
{
    /// <summary><c>exportTo</c>.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>gateways</c>.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>hosts</c>.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>http</c>.</summary>
    public EquatableArray<HttpRoute> Http { get; init; }

    /// <summary><c>tcp</c>.</summary>
    public EquatableArray<TcpRoute> Tcp { get; init; }

    /// <summary><c>tls</c>.</summary>
    public EquatableArray<TlsRoute> Tls { get; init; }
}

/// <summary>Istio <c>VirtualService spec.tls</c>.</summary>
public sealed record TlsRoute : SpecRecord
{
    /// <summary><c>match</c>.</summary>
    public EquatableArray<TlsMatchAttributes> Match { get; init; }

    /// <summary><c>route</c>.</summary>
    public EquatableArray<RouteDestination> Route { get; init; }
}

/// <summary>Istio <c>VirtualService spec.tls.match</c>.</summary>
public sealed record TlsMatchAttributes : SpecRecord
{
    /// <summary><c>destinationSubnets</c>.</summary>
    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary><c>gateways</c>.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>port</c>.</summary>
    public int? Port { get; init; }

    /// <summary><c>sniHosts</c>.</summary>
    public EquatableArray<string> SniHosts { get; init; }

    /// <summary><c>sourceLabels</c>.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>.</summary>
    public string? SourceNamespace { get; init; }
}

/// <summary>Istio <c>VirtualService spec.tcp</c>.</summary>
public sealed record TcpRoute : SpecRecord
{
    /// <summary><c>match</c>.</summary>
    public EquatableArray<L4MatchAttributes> Match { get; init; }

    /// <summary><c>route</c>.</summary>
    public EquatableArray<RouteDestination> Route { get; init; }
}

/// <summary>Istio <c>VirtualService spec.tcp.route</c>.</summary>
public sealed record RouteDestination : SpecRecord
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>weight</c>.</summary>
    public int? Weight { get; init; }
}

/// <summary>Istio <c>VirtualService spec.tcp.match</c>.</summary>
public sealed record L4MatchAttributes : SpecRecord
{
    /// <summary><c>destinationSubnets</c>.</summary>
    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary><c>gateways</c>.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>port</c>.</summary>
    public int? Port { get; init; }

    /// <summary><c>sourceLabels</c>.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary><c>sourceSubnet</c>.</summary>
    public string? SourceSubnet { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http</c>.</summary>
public sealed record HttpRoute : SpecRecord
{
    /// <summary><c>corsPolicy</c>.</summary>
    public CorsPolicy? CorsPolicy { get; init; }

    /// <summary><c>delegate</c>.</summary>
    public Delegate? Delegate { get; init; }

    /// <summary><c>directResponse</c>.</summary>
    public HttpDirectResponse? DirectResponse { get; init; }

    /// <summary><c>fault</c>.</summary>
    public HttpFaultInjection? Fault { get; init; }

    /// <summary><c>headers</c>.</summary>
    public HeaderRules? Headers { get; init; }

    /// <summary><c>match</c>.</summary>
    public EquatableArray<HttpMatchRequest> Match { get; init; }

    /// <summary><c>mirror</c>.</summary>
    public Destination? Mirror { get; init; }

    /// <summary><c>mirror_percent</c>.</summary>
    public uint? MirrorPercentSnake { get; init; }

    /// <summary><c>mirrorPercent</c>.</summary>
    public uint? MirrorPercent { get; init; }

    /// <summary><c>mirrorPercentage</c>.</summary>
    public Percent? MirrorPercentage { get; init; }

    /// <summary><c>mirrors</c>.</summary>
    public EquatableArray<HttpMirrorPolicy> Mirrors { get; init; }

    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>redirect</c>.</summary>
    public HttpRedirect? Redirect { get; init; }

    /// <summary><c>retries</c>.</summary>
    public HttpRetry? Retries { get; init; }

    /// <summary><c>rewrite</c>.</summary>
    public HttpRewrite? Rewrite { get; init; }

    /// <summary><c>route</c>.</summary>
    public EquatableArray<HttpRouteDestination> Route { get; init; }

    /// <summary><c>timeout</c>. A duration.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.route</c>.</summary>
public sealed record HttpRouteDestination : SpecRecord
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>headers</c>.</summary>
    public HeaderRules? Headers { get; init; }

    /// <summary><c>weight</c>.</summary>
    public int? Weight { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.rewrite</c>.</summary>
public sealed record HttpRewrite : SpecRecord
{
    /// <summary><c>authority</c>.</summary>
    public string? Authority { get; init; }

    /// <summary><c>uri</c>.</summary>
    public string? Uri { get; init; }

    /// <summary><c>uriRegexRewrite</c>.</summary>
    public RegexRewrite? UriRegexRewrite { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.rewrite.uriRegexRewrite</c>.</summary>
public sealed record RegexRewrite : SpecRecord
{
    /// <summary><c>match</c>.</summary>
    public string? Match { get; init; }

    /// <summary><c>rewrite</c>.</summary>
    public string? Rewrite { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.retries</c>.</summary>
public sealed record HttpRetry : SpecRecord
{
    /// <summary><c>attempts</c>.</summary>
    public int? Attempts { get; init; }

    /// <summary><c>backoff</c>. A duration.</summary>
    public TimeSpan? Backoff { get; init; }

    /// <summary><c>perTryTimeout</c>. A duration.</summary>
    public TimeSpan? PerTryTimeout { get; init; }

    /// <summary><c>retryIgnorePreviousHosts</c>.</summary>
    public bool? RetryIgnorePreviousHosts { get; init; }

    /// <summary><c>retryOn</c>.</summary>
    public string? RetryOn { get; init; }

    /// <summary><c>retryRemoteLocalities</c>.</summary>
    public bool? RetryRemoteLocalities { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.redirect</c>.</summary>
public sealed record HttpRedirect : SpecRecord
{
    /// <summary><c>authority</c>.</summary>
    public string? Authority { get; init; }

    /// <summary><c>derivePort</c>.</summary>
    public RedirectPortSelection? DerivePort { get; init; }

    /// <summary><c>port</c>.</summary>
    public int? Port { get; init; }

    /// <summary><c>prefixRewrite</c>.</summary>
    public string? PrefixRewrite { get; init; }

    /// <summary><c>redirectCode</c>.</summary>
    public int? RedirectCode { get; init; }

    /// <summary><c>scheme</c>.</summary>
    public string? Scheme { get; init; }

    /// <summary><c>uri</c>.</summary>
    public string? Uri { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.mirrors</c>.</summary>
public sealed record HttpMirrorPolicy : SpecRecord
{
    /// <summary><c>destination</c>.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>percentage</c>.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.mirror</c>.</summary>
public sealed record Destination : SpecRecord
{
    /// <summary><c>host</c>.</summary>
    public string? Host { get; init; }

    /// <summary><c>port</c>.</summary>
    public PortSelector? Port { get; init; }

    /// <summary><c>subset</c>.</summary>
    public string? Subset { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.mirror.port</c>.</summary>
public sealed record PortSelector : SpecRecord
{
    /// <summary><c>number</c>.</summary>
    public int? Number { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.match</c>.</summary>
public sealed record HttpMatchRequest : SpecRecord
{
    /// <summary><c>authority</c>.</summary>
    public StringMatch? Authority { get; init; }

    /// <summary><c>gateways</c>.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>headers</c>.</summary>
    public EquatableMap<StringMatch> Headers { get; init; }

    /// <summary><c>ignoreUriCase</c>.</summary>
    public bool? IgnoreUriCase { get; init; }

    /// <summary><c>method</c>.</summary>
    public StringMatch? Method { get; init; }

    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>.</summary>
    public int? Port { get; init; }

    /// <summary><c>queryParams</c>.</summary>
    public EquatableMap<StringMatch> QueryParams { get; init; }

    /// <summary><c>scheme</c>.</summary>
    public StringMatch? Scheme { get; init; }

    /// <summary><c>sourceLabels</c>.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary><c>statPrefix</c>.</summary>
    public string? StatPrefix { get; init; }

    /// <summary><c>uri</c>.</summary>
    public StringMatch? Uri { get; init; }

    /// <summary><c>withoutHeaders</c>.</summary>
    public EquatableMap<StringMatch> WithoutHeaders { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.headers</c>.</summary>
public sealed record HeaderRules : SpecRecord
{
    /// <summary><c>request</c>.</summary>
    public HeaderOperationsSpec? Request { get; init; }

    /// <summary><c>response</c>.</summary>
    public HeaderOperationsSpec? Response { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.headers.request</c>.</summary>
public sealed record HeaderOperationsSpec : SpecRecord
{
    /// <summary><c>add</c>.</summary>
    public EquatableMap<string> Add { get; init; }

    /// <summary><c>remove</c>.</summary>
    public EquatableArray<string> Remove { get; init; }

    /// <summary><c>set</c>.</summary>
    public EquatableMap<string> Set { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.fault</c>.</summary>
public sealed record HttpFaultInjection : SpecRecord
{
    /// <summary><c>abort</c>.</summary>
    public HttpFaultAbort? Abort { get; init; }

    /// <summary><c>delay</c>.</summary>
    public HttpFaultDelay? Delay { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.fault.delay</c>.</summary>
public sealed record HttpFaultDelay : SpecRecord
{
    /// <summary><c>exponentialDelay</c>. A duration.</summary>
    public TimeSpan? ExponentialDelay { get; init; }

    /// <summary><c>fixedDelay</c>. A duration.</summary>
    public TimeSpan? FixedDelay { get; init; }

    /// <summary><c>percent</c>.</summary>
    public int? Percent { get; init; }

    /// <summary><c>percentage</c>.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.fault.abort</c>.</summary>
public sealed record HttpFaultAbort : SpecRecord
{
    /// <summary><c>grpcStatus</c>.</summary>
    public string? GrpcStatus { get; init; }

    /// <summary><c>http2Error</c>.</summary>
    public string? Http2Error { get; init; }

    /// <summary><c>httpStatus</c>.</summary>
    public int? HttpStatus { get; init; }

    /// <summary><c>percentage</c>.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.fault.abort.percentage</c>.</summary>
public sealed record Percent : SpecRecord
{
    /// <summary><c>value</c>. A number.</summary>
    public double? Value { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.directResponse</c>.</summary>
public sealed record HttpDirectResponse : SpecRecord
{
    /// <summary><c>body</c>.</summary>
    public HttpBody? Body { get; init; }

    /// <summary><c>status</c>.</summary>
    public int? Status { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.directResponse.body</c>.</summary>
public sealed record HttpBody : SpecRecord
{
    /// <summary><c>bytes</c>.</summary>
    public string? Bytes { get; init; }

    /// <summary><c>string</c>.</summary>
    public string? String { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.delegate</c>.</summary>
public sealed record Delegate : SpecRecord
{
    /// <summary><c>name</c>.</summary>
    public string? Name { get; init; }

    /// <summary><c>namespace</c>.</summary>
    public string? Namespace { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http.corsPolicy</c>.</summary>
public sealed record CorsPolicy : SpecRecord
{
    /// <summary><c>allowCredentials</c>.</summary>
    public bool? AllowCredentials { get; init; }

    /// <summary><c>allowHeaders</c>.</summary>
    public EquatableArray<string> AllowHeaders { get; init; }

    /// <summary><c>allowMethods</c>.</summary>
    public EquatableArray<string> AllowMethods { get; init; }

    /// <summary><c>allowOrigin</c>.</summary>
    public EquatableArray<string> AllowOrigin { get; init; }

    /// <summary><c>allowOrigins</c>.</summary>
    public EquatableArray<StringMatch> AllowOrigins { get; init; }

    /// <summary><c>exposeHeaders</c>.</summary>
    public EquatableArray<string> ExposeHeaders { get; init; }

    /// <summary><c>maxAge</c>. A duration.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary><c>unmatchedPreflights</c>.</summary>
    public UnmatchedPreflights? UnmatchedPreflights { get; init; }
}
