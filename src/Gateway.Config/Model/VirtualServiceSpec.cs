namespace Gateway.Config.Model;

/// <summary>How requests to hosts are routed: Istio <c>VirtualService</c>, <c>spec</c>.</summary>
public sealed record VirtualServiceSpec : SpecRecord
{
    /// <summary><c>exportTo</c>: namespaces whose gateways see it: <c>.</c> own, <c>*</c> all, <c>~</c> none, or names; empty = the mesh's default.</summary>
    public EquatableArray<string> ExportTo { get; init; }

    /// <summary><c>gateways</c>: Gateways it is bound to, <c>name</c> or <c>namespace/name</c>; empty = <c>mesh</c>, that is no gateway.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>hosts</c>: DNS names (short ones are completed with the own namespace), <c>*.suffix</c> or <c>*</c>; empty only for delegates.</summary>
    public EquatableArray<string> Hosts { get; init; }

    /// <summary><c>http</c>: rules for HTTP in order, first match wins.</summary>
    public EquatableArray<HttpRoute> Http { get; init; }

    /// <summary><c>tcp</c>: rules for TCP in order, first match wins.</summary>
    public EquatableArray<TcpRoute> Tcp { get; init; }

    /// <summary><c>tls</c>: rules for passed-through TLS in order, first match wins.</summary>
    public EquatableArray<TlsRoute> Tls { get; init; }
}

/// <summary>A route for TLS that is passed through, chosen by SNI. Istio <c>VirtualService spec.tls[]</c>.</summary>
public sealed record TlsRoute : SpecRecord
{
    /// <summary><c>match</c>: alternatives, of which one must hold; required.</summary>
    public EquatableArray<TlsMatchAttributes> Match { get; init; }

    /// <summary><c>route</c>: weighted destinations.</summary>
    public EquatableArray<RouteDestination> Route { get; init; }
}

/// <summary>Conditions of a TLS route, all of which must hold. Istio <c>VirtualService spec.tls[].match[]</c>.</summary>
public sealed record TlsMatchAttributes : SpecRecord
{
    /// <summary><c>destinationSubnets</c>: CIDRs of the original destination; not looked at by gateways.</summary>
    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary><c>gateways</c>: Gateways for which this holds; empty = those of the VirtualService.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>port</c>: the server's port number.</summary>
    public int? Port { get; init; }

    /// <summary><c>sniHosts</c>: names as the client sent them, or <c>*.suffix</c>, within the VirtualService's hosts; required.</summary>
    public EquatableArray<string> SniHosts { get; init; }

    /// <summary><c>sourceLabels</c>: labels that the gateway workload must have; not looked at where <c>gateways</c> is set.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>: namespace that the gateway workload must be in.</summary>
    public string? SourceNamespace { get; init; }
}

/// <summary>A route for bytes. Istio <c>VirtualService spec.tcp[]</c>.</summary>
public sealed record TcpRoute : SpecRecord
{
    /// <summary><c>match</c>: alternatives, of which one must hold; empty = always.</summary>
    public EquatableArray<L4MatchAttributes> Match { get; init; }

    /// <summary><c>route</c>: weighted destinations.</summary>
    public EquatableArray<RouteDestination> Route { get; init; }
}

/// <summary>A weighted destination of a TCP or TLS route. Istio <c>VirtualService spec.tcp[].route[]</c>.</summary>
public sealed record RouteDestination : SpecRecord
{
    /// <summary><c>destination</c>: where to; required.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>weight</c>: relative weight, from 0; all left out = equal, a single destination needs none.</summary>
    public int? Weight { get; init; }
}

/// <summary>Conditions of a TCP route, all of which must hold. Istio <c>VirtualService spec.tcp[].match[]</c>.</summary>
public sealed record L4MatchAttributes : SpecRecord
{
    /// <summary><c>destinationSubnets</c>: CIDRs of the original destination; not looked at by gateways.</summary>
    public EquatableArray<string> DestinationSubnets { get; init; }

    /// <summary><c>gateways</c>: Gateways for which this holds; empty = those of the VirtualService.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>port</c>: the server's port number.</summary>
    public int? Port { get; init; }

    /// <summary><c>sourceLabels</c>: labels that the gateway workload must have; not looked at where <c>gateways</c> is set.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>: namespace that the gateway workload must be in.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary><c>sourceSubnet</c>: CIDR of the client; not looked at by gateways.</summary>
    public string? SourceSubnet { get; init; }
}

/// <summary>One rule for HTTP requests: when it applies, and one of route, redirect, direct response or delegate. Istio <c>VirtualService spec.http[]</c>.</summary>
public sealed record HttpRoute : SpecRecord
{
    /// <summary><c>corsPolicy</c>: answers to preflight requests and headers for other origins.</summary>
    public CorsPolicy? CorsPolicy { get; init; }

    /// <summary><c>delegate</c>: take the rules of another VirtualService; excludes route and redirect.</summary>
    public Delegate? Delegate { get; init; }

    /// <summary><c>directResponse</c>: answer without a destination.</summary>
    public HttpDirectResponse? DirectResponse { get; init; }

    /// <summary><c>fault</c>: delays and aborts, for tests.</summary>
    public HttpFaultInjection? Fault { get; init; }

    /// <summary><c>headers</c>: changes for all destinations.</summary>
    public HeaderRules? Headers { get; init; }

    /// <summary><c>match</c>: alternatives, of which one must hold; empty = always.</summary>
    public EquatableArray<HttpMatchRequest> Match { get; init; }

    /// <summary><c>mirror</c>: destination that gets copies; answers are thrown away.</summary>
    public Destination? Mirror { get; init; }

    /// <summary><c>mirror_percent</c>: deprecated spelling of <c>mirrorPercent</c>.</summary>
    public uint? MirrorPercentSnake { get; init; }

    /// <summary><c>mirrorPercent</c>: deprecated: share of copies in whole percent.</summary>
    public uint? MirrorPercent { get; init; }

    /// <summary><c>mirrorPercentage</c>: share of copies; null = all.</summary>
    public Percent? MirrorPercentage { get; init; }

    /// <summary><c>mirrors</c>: several destinations for copies, each with its share.</summary>
    public EquatableArray<HttpMirrorPolicy> Mirrors { get; init; }

    /// <summary><c>name</c>: name for access logs and statistics.</summary>
    public string? Name { get; init; }

    /// <summary><c>redirect</c>: answer with a redirect; excludes route.</summary>
    public HttpRedirect? Redirect { get; init; }

    /// <summary><c>retries</c>: tries after failures; null = the mesh's default policy.</summary>
    public HttpRetry? Retries { get; init; }

    /// <summary><c>rewrite</c>: changes to path and authority.</summary>
    public HttpRewrite? Rewrite { get; init; }

    /// <summary><c>route</c>: weighted destinations.</summary>
    public EquatableArray<HttpRouteDestination> Route { get; init; }

    /// <summary><c>timeout</c>: longest time for a request with all its retries; null or 0 = no limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>A weighted destination of an HTTP route. Istio <c>VirtualService spec.http[].route[]</c>.</summary>
public sealed record HttpRouteDestination : SpecRecord
{
    /// <summary><c>destination</c>: where to; required.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>headers</c>: changes for this destination alone, after those of the route.</summary>
    public HeaderRules? Headers { get; init; }

    /// <summary><c>weight</c>: relative weight, from 0; all left out = equal, a single destination needs none.</summary>
    public int? Weight { get; init; }
}

/// <summary>Changes to a request before it is forwarded. Istio <c>VirtualService spec.http[].rewrite</c>.</summary>
public sealed record HttpRewrite : SpecRecord
{
    /// <summary><c>authority</c>: the new authority (Host).</summary>
    public string? Authority { get; init; }

    /// <summary><c>uri</c>: replaces the matched prefix, or the whole path if the match is exact or a regex.</summary>
    public string? Uri { get; init; }

    /// <summary><c>uriRegexRewrite</c>: replaces parts of the path; excludes <c>uri</c>.</summary>
    public RegexRewrite? UriRegexRewrite { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http[].rewrite.uriRegexRewrite</c>.</summary>
public sealed record RegexRewrite : SpecRecord
{
    /// <summary><c>match</c>: RE2 pattern, searched in the path without the query.</summary>
    public string? Match { get; init; }

    /// <summary><c>rewrite</c>: what it becomes; <c>\1</c> to <c>\9</c> are groups.</summary>
    public string? Rewrite { get; init; }
}

/// <summary>When and how often a failed request is tried again. Istio <c>VirtualService spec.http[].retries</c>.</summary>
public sealed record HttpRetry : SpecRecord
{
    /// <summary><c>attempts</c>: further tries after the first; 0 = none.</summary>
    public int? Attempts { get; init; }

    /// <summary><c>backoff</c>: shortest wait before the first further try; null = 25 ms.</summary>
    public TimeSpan? Backoff { get; init; }

    /// <summary><c>perTryTimeout</c>: longest time for one try; null or 0 = the route's timeout.</summary>
    public TimeSpan? PerTryTimeout { get; init; }

    /// <summary><c>retryIgnorePreviousHosts</c>: avoid endpoints already tried; null = true.</summary>
    public bool? RetryIgnorePreviousHosts { get; init; }

    /// <summary><c>retryOn</c>: conditions and status codes, separated by commas; null = Istio's default list.</summary>
    public string? RetryOn { get; init; }

    /// <summary><c>retryRemoteLocalities</c>: also try endpoints of other localities; null = false.</summary>
    public bool? RetryRemoteLocalities { get; init; }
}

/// <summary>An answer that sends the client elsewhere. Istio <c>VirtualService spec.http[].redirect</c>.</summary>
public sealed record HttpRedirect : SpecRecord
{
    /// <summary><c>authority</c>: new authority; null = that of the request.</summary>
    public string? Authority { get; init; }

    /// <summary><c>derivePort</c>: where the port comes from; excludes <c>port</c>.</summary>
    public RedirectPortSelection? DerivePort { get; init; }

    /// <summary><c>port</c>: new port.</summary>
    public int? Port { get; init; }

    /// <summary><c>prefixRewrite</c>: replaces the matched prefix.</summary>
    public string? PrefixRewrite { get; init; }

    /// <summary><c>redirectCode</c>: 301 (default), 302, 303, 307 or 308.</summary>
    public int? RedirectCode { get; init; }

    /// <summary><c>scheme</c>: new scheme; null = that of the request.</summary>
    public string? Scheme { get; init; }

    /// <summary><c>uri</c>: new path, query included; null = that of the request.</summary>
    public string? Uri { get; init; }
}

/// <summary>A destination that gets copies of requests. Istio <c>VirtualService spec.http[].mirrors[]</c>.</summary>
public sealed record HttpMirrorPolicy : SpecRecord
{
    /// <summary><c>destination</c>: who gets the copies; required.</summary>
    public Destination? Destination { get; init; }

    /// <summary><c>percentage</c>: share of requests; null = all.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>Names a service, one of its ports and one of its subsets. Istio <c>Destination</c>.</summary>
public sealed record Destination : SpecRecord
{
    /// <summary><c>host</c>: service name; a short one is completed with the namespace of the resource that holds it; required.</summary>
    public string? Host { get; init; }

    /// <summary><c>port</c>: service port; null = the service's only one, else the listener's number.</summary>
    public PortSelector? Port { get; init; }

    /// <summary><c>subset</c>: name of a DestinationRule's subset; null = all endpoints.</summary>
    public string? Subset { get; init; }
}

/// <summary>Istio <c>PortSelector</c>.</summary>
public sealed record PortSelector : SpecRecord
{
    /// <summary><c>number</c>: 1 to 65535.</summary>
    public int? Number { get; init; }
}

/// <summary>Conditions of an HTTP route, all of which must hold. Istio <c>VirtualService spec.http[].match[]</c>.</summary>
public sealed record HttpMatchRequest : SpecRecord
{
    /// <summary><c>authority</c>: condition on the authority (Host), case-sensitive.</summary>
    public StringMatch? Authority { get; init; }

    /// <summary><c>gateways</c>: Gateways for which this holds; empty = those of the VirtualService.</summary>
    public EquatableArray<string> Gateways { get; init; }

    /// <summary><c>headers</c>: conditions on headers, by name in lower case; an empty match means "is there".</summary>
    public EquatableMap<StringMatch> Headers { get; init; }

    /// <summary><c>ignoreUriCase</c>: compare <c>uri.exact</c> and <c>uri.prefix</c> without regard to case; default false.</summary>
    public bool? IgnoreUriCase { get; init; }

    /// <summary><c>method</c>: condition on the method.</summary>
    public StringMatch? Method { get; init; }

    /// <summary><c>name</c>: name for access logs, appended to that of the route.</summary>
    public string? Name { get; init; }

    /// <summary><c>port</c>: the server's port number, not its target port.</summary>
    public int? Port { get; init; }

    /// <summary><c>queryParams</c>: conditions on query parameters, by name.</summary>
    public EquatableMap<StringMatch> QueryParams { get; init; }

    /// <summary><c>scheme</c>: condition on <c>http</c> or <c>https</c>.</summary>
    public StringMatch? Scheme { get; init; }

    /// <summary><c>sourceLabels</c>: labels that the gateway workload must have; not looked at where <c>gateways</c> is set.</summary>
    public EquatableMap<string> SourceLabels { get; init; }

    /// <summary><c>sourceNamespace</c>: namespace that the gateway workload must be in.</summary>
    public string? SourceNamespace { get; init; }

    /// <summary><c>statPrefix</c>: name for statistics of this route.</summary>
    public string? StatPrefix { get; init; }

    /// <summary><c>uri</c>: condition on the normalized path, without the query.</summary>
    public StringMatch? Uri { get; init; }

    /// <summary><c>withoutHeaders</c>: conditions that headers must not fulfil, by name in lower case; an empty match means "is there".</summary>
    public EquatableMap<StringMatch> WithoutHeaders { get; init; }
}

/// <summary>Changes to headers. Istio <c>VirtualService spec.http[].headers</c>.</summary>
public sealed record HeaderRules : SpecRecord
{
    /// <summary><c>request</c>: towards the destination.</summary>
    public HeaderOperationsSpec? Request { get; init; }

    /// <summary><c>response</c>: towards the client.</summary>
    public HeaderOperationsSpec? Response { get; init; }
}

/// <summary>Changes to the headers of one direction, done in the order set, add, remove. Istio <c>VirtualService spec.http[].headers.request</c>.</summary>
public sealed record HeaderOperationsSpec : SpecRecord
{
    /// <summary><c>add</c>: values appended by header name.</summary>
    public EquatableMap<string> Add { get; init; }

    /// <summary><c>remove</c>: header names.</summary>
    public EquatableArray<string> Remove { get; init; }

    /// <summary><c>set</c>: values that replace what is there, by header name; <c>:authority</c> is allowed in requests.</summary>
    public EquatableMap<string> Set { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http[].fault</c>.</summary>
public sealed record HttpFaultInjection : SpecRecord
{
    /// <summary><c>abort</c>: answer with an error.</summary>
    public HttpFaultAbort? Abort { get; init; }

    /// <summary><c>delay</c>: wait before forwarding.</summary>
    public HttpFaultDelay? Delay { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http[].fault.delay</c>.</summary>
public sealed record HttpFaultDelay : SpecRecord
{
    /// <summary><c>exponentialDelay</c>: never implemented by Istio.</summary>
    public TimeSpan? ExponentialDelay { get; init; }

    /// <summary><c>fixedDelay</c>: how long, at least 1 ms.</summary>
    public TimeSpan? FixedDelay { get; init; }

    /// <summary><c>percent</c>: deprecated: share in whole percent.</summary>
    public int? Percent { get; init; }

    /// <summary><c>percentage</c>: share of requests; null = all.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http[].fault.abort</c>.</summary>
public sealed record HttpFaultAbort : SpecRecord
{
    /// <summary><c>grpcStatus</c>: gRPC status by name or number.</summary>
    public string? GrpcStatus { get; init; }

    /// <summary><c>http2Error</c>: never implemented by Istio.</summary>
    public string? Http2Error { get; init; }

    /// <summary><c>httpStatus</c>: status, 200 to 599.</summary>
    public int? HttpStatus { get; init; }

    /// <summary><c>percentage</c>: share of requests; null = all.</summary>
    public Percent? Percentage { get; init; }
}

/// <summary>A share of requests. Istio <c>Percent</c>.</summary>
public sealed record Percent : SpecRecord
{
    /// <summary><c>value</c>: percent, 0 to 100, fractions to 0.0001.</summary>
    public double? Value { get; init; }
}

/// <summary>An answer that the gateway gives by itself. Istio <c>VirtualService spec.http[].directResponse</c>.</summary>
public sealed record HttpDirectResponse : SpecRecord
{
    /// <summary><c>body</c>: body; null = none.</summary>
    public HttpBody? Body { get; init; }

    /// <summary><c>status</c>: status, 200 to 599; required.</summary>
    public int? Status { get; init; }
}

/// <summary>Istio <c>VirtualService spec.http[].directResponse.body</c>; one of the two is set.</summary>
public sealed record HttpBody : SpecRecord
{
    /// <summary><c>bytes</c>: base64.</summary>
    public string? Bytes { get; init; }

    /// <summary><c>string</c>: text, sent as UTF-8.</summary>
    public string? String { get; init; }
}

/// <summary>Names the VirtualService whose routes stand in for this one. Istio <c>VirtualService spec.http[].delegate</c>.</summary>
public sealed record Delegate : SpecRecord
{
    /// <summary><c>name</c>: name; required.</summary>
    public string? Name { get; init; }

    /// <summary><c>namespace</c>: namespace; null = that of the VirtualService which delegates.</summary>
    public string? Namespace { get; init; }
}

/// <summary>What browsers may ask for from pages of other origins. Istio <c>VirtualService spec.http[].corsPolicy</c>.</summary>
public sealed record CorsPolicy : SpecRecord
{
    /// <summary><c>allowCredentials</c>: whether cookies may be sent.</summary>
    public bool? AllowCredentials { get; init; }

    /// <summary><c>allowHeaders</c>: header names for <c>access-control-allow-headers</c>.</summary>
    public EquatableArray<string> AllowHeaders { get; init; }

    /// <summary><c>allowMethods</c>: methods for <c>access-control-allow-methods</c>.</summary>
    public EquatableArray<string> AllowMethods { get; init; }

    /// <summary><c>allowOrigin</c>: deprecated: exact origins or <c>*</c>.</summary>
    public EquatableArray<string> AllowOrigin { get; init; }

    /// <summary><c>allowOrigins</c>: origins that are allowed.</summary>
    public EquatableArray<StringMatch> AllowOrigins { get; init; }

    /// <summary><c>exposeHeaders</c>: header names for <c>access-control-expose-headers</c>.</summary>
    public EquatableArray<string> ExposeHeaders { get; init; }

    /// <summary><c>maxAge</c>: how long browsers may keep the answer.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary><c>unmatchedPreflights</c>: whether preflight requests of other origins are forwarded; null = FORWARD.</summary>
    public UnmatchedPreflights? UnmatchedPreflights { get; init; }
}
