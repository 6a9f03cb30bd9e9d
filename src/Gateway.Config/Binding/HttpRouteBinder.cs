using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads the HTTP routes of a <c>VirtualService</c>.</summary>
internal static class HttpRouteBinder
{
    public static HttpRoute HttpRoute(ObjectReader r) => new()
    {
        Node = r.Node,
        CorsPolicy = r.Object("corsPolicy", CorsPolicy),
        Delegate = r.Object("delegate", Delegate),
        DirectResponse = r.Object("directResponse", HttpDirectResponse),
        Fault = r.Object("fault", HttpFaultInjection),
        Headers = r.Object("headers", HeaderRules),
        Match = r.List("match", HttpMatchRequest, nullIsEmpty: true),
        Mirror = r.Object("mirror", VirtualServiceBinder.Destination),
        MirrorPercentSnake = r.UInt32("mirror_percent"),
        MirrorPercent = r.UInt32("mirrorPercent"),
        MirrorPercentage = r.Object("mirrorPercentage", Percent),
        Mirrors = r.List("mirrors", HttpMirrorPolicy),
        Name = r.String("name"),
        Redirect = r.Object("redirect", HttpRedirect),
        Retries = r.Object("retries", HttpRetry),
        Rewrite = r.Object("rewrite", HttpRewrite),
        Route = r.List("route", HttpRouteDestination),
        Timeout = r.Duration("timeout"),
    };

    public static HttpRouteDestination HttpRouteDestination(ObjectReader r) => new()
    {
        Node = r.Node,
        Destination = r.Object("destination", VirtualServiceBinder.Destination),
        Headers = r.Object("headers", HeaderRules),
        Weight = r.Int32("weight"),
    };

    public static HttpRewrite HttpRewrite(ObjectReader r) => new()
    {
        Node = r.Node,
        Authority = r.String("authority"),
        Uri = r.String("uri"),
        UriRegexRewrite = r.Object("uriRegexRewrite", RegexRewrite),
    };

    public static RegexRewrite RegexRewrite(ObjectReader r) => new()
    {
        Node = r.Node,
        Match = r.String("match"),
        Rewrite = r.String("rewrite"),
    };

    public static HttpRetry HttpRetry(ObjectReader r) => new()
    {
        Node = r.Node,
        Attempts = r.Int32("attempts"),
        Backoff = r.Duration("backoff"),
        PerTryTimeout = r.Duration("perTryTimeout"),
        RetryIgnorePreviousHosts = r.Boolean("retryIgnorePreviousHosts"),
        RetryOn = r.String("retryOn"),
        RetryRemoteLocalities = r.Boolean("retryRemoteLocalities"),
    };

    public static HttpRedirect HttpRedirect(ObjectReader r) => new()
    {
        Node = r.Node,
        Authority = r.String("authority"),
        DerivePort = r.Enum("derivePort", EnumNames.RedirectPortSelection),
        Port = r.Count("port"),
        PrefixRewrite = r.String("prefixRewrite"),
        RedirectCode = r.Count("redirectCode"),
        Scheme = r.String("scheme"),
        Uri = r.String("uri"),
    };

    public static HttpMirrorPolicy HttpMirrorPolicy(ObjectReader r) => new()
    {
        Node = r.Node,
        Destination = r.Object("destination", VirtualServiceBinder.Destination),
        Percentage = r.Object("percentage", Percent),
    };

    public static HttpMatchRequest HttpMatchRequest(ObjectReader r) => new()
    {
        Node = r.Node,
        Authority = r.Object("authority", StringMatch),
        Gateways = r.Strings("gateways"),
        Headers = r.Map("headers", StringMatch),
        IgnoreUriCase = r.Boolean("ignoreUriCase"),
        Method = r.Object("method", StringMatch),
        Name = r.String("name"),
        Port = r.Count("port"),
        QueryParams = r.Map("queryParams", StringMatch),
        Scheme = r.Object("scheme", StringMatch),
        SourceLabels = r.StringMap("sourceLabels"),
        SourceNamespace = r.String("sourceNamespace"),
        StatPrefix = r.String("statPrefix"),
        Uri = r.Object("uri", StringMatch),
        WithoutHeaders = r.Map("withoutHeaders", StringMatch),
    };

    public static HeaderRules HeaderRules(ObjectReader r) => new()
    {
        Node = r.Node,
        Request = r.Object("request", HeaderOperationsSpec),
        Response = r.Object("response", HeaderOperationsSpec),
    };

    public static HeaderOperationsSpec HeaderOperationsSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Add = r.StringMap("add"),
        Remove = r.Strings("remove"),
        Set = r.StringMap("set"),
    };

    public static HttpFaultInjection HttpFaultInjection(ObjectReader r) => new()
    {
        Node = r.Node,
        Abort = r.Object("abort", HttpFaultAbort),
        Delay = r.Object("delay", HttpFaultDelay),
    };

    public static HttpFaultDelay HttpFaultDelay(ObjectReader r) => new()
    {
        Node = r.Node,
        ExponentialDelay = r.Duration("exponentialDelay"),
        FixedDelay = r.Duration("fixedDelay"),
        Percent = r.Int32("percent"),
        Percentage = r.Object("percentage", Percent),
    };

    public static HttpFaultAbort HttpFaultAbort(ObjectReader r) => new()
    {
        Node = r.Node,
        GrpcStatus = r.String("grpcStatus"),
        Http2Error = r.String("http2Error"),
        HttpStatus = r.Int32("httpStatus"),
        Percentage = r.Object("percentage", Percent),
    };

    public static Percent Percent(ObjectReader r) => new()
    {
        Node = r.Node,
        Value = r.Double("value"),
    };

    public static HttpDirectResponse HttpDirectResponse(ObjectReader r) => new()
    {
        Node = r.Node,
        Body = r.Object("body", HttpBody),
        Status = r.Count("status"),
    };

    public static HttpBody HttpBody(ObjectReader r) => new()
    {
        Node = r.Node,
        Bytes = r.Base64("bytes"),
        String = r.String("string"),
    };

    public static Model.Delegate Delegate(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name"),
        Namespace = r.String("namespace"),
    };

    public static CorsPolicy CorsPolicy(ObjectReader r) => new()
    {
        Node = r.Node,
        AllowCredentials = r.Boolean("allowCredentials"),
        AllowHeaders = r.Strings("allowHeaders"),
        AllowMethods = r.Strings("allowMethods"),
        AllowOrigin = r.Strings("allowOrigin"),
        AllowOrigins = r.List("allowOrigins", StringMatch),
        ExposeHeaders = r.Strings("exposeHeaders"),
        MaxAge = r.Duration("maxAge"),
        UnmatchedPreflights = r.Enum("unmatchedPreflights", EnumNames.UnmatchedPreflights),
    };

    public static StringMatch StringMatch(ObjectReader r) => new()
    {
        Node = r.Node,
        Exact = r.String("exact"),
        Prefix = r.String("prefix"),
        Regex = r.String("regex"),
    };
}
