namespace Gateway.Http;

/// <summary>Header names of Envoy and of proxies in general, lower case as Envoy writes them.</summary>
internal static class HeaderNames
{
    public const string AllowCredentials = "access-control-allow-credentials";
    public const string AllowHeaders = "access-control-allow-headers";
    public const string AllowMethods = "access-control-allow-methods";
    public const string AllowOrigin = "access-control-allow-origin";
    public const string AttemptCount = "x-envoy-attempt-count";
    public const string Connection = "connection";
    public const string ContentLength = "content-length";
    public const string ContentType = "content-type";
    public const string Cookie = "cookie";
    public const string Expect = "expect";
    public const string ExposeHeaders = "access-control-expose-headers";
    public const string ExpectedTimeout = "x-envoy-expected-rq-timeout-ms";
    public const string ExternalAddress = "x-envoy-external-address";
    public const string ForwardedClientCert = "x-forwarded-client-cert";
    public const string ForwardedFor = "x-forwarded-for";
    public const string ForwardedHost = "x-forwarded-host";
    public const string ForwardedPort = "x-forwarded-port";
    public const string ForwardedProto = "x-forwarded-proto";
    public const string GrpcMessage = "grpc-message";
    public const string GrpcStatus = "grpc-status";
    public const string GrpcTimeout = "grpc-timeout";
    public const string Host = "host";
    public const string Internal = "x-envoy-internal";
    public const string KeepAlive = "keep-alive";
    public const string Location = "location";
    public const string MaxAge = "access-control-max-age";
    public const string OriginalHost = "x-envoy-original-host";
    public const string OriginalPath = "x-envoy-original-path";
    public const string Overloaded = "x-envoy-overloaded";
    public const string ProxyConnection = "proxy-connection";
    public const string RateLimit = "ratelimit";
    public const string RateLimitPolicy = "ratelimit-policy";
    public const string RateLimited = "x-envoy-ratelimited";
    public const string Referer = "referer";
    public const string RequestId = "x-request-id";
    public const string RetryAfter = "retry-after";
    public const string Server = "server";
    public const string Te = "te";
    public const string TransferEncoding = "transfer-encoding";
    public const string Upgrade = "upgrade";
    public const string UpstreamServiceTime = "x-envoy-upstream-service-time";
    public const string UserAgent = "user-agent";

    public const string XRateLimitLimit = "x-ratelimit-limit";
    public const string XRateLimitRemaining = "x-ratelimit-remaining";
    public const string XRateLimitReset = "x-ratelimit-reset";

    /// <summary><c>set-cookie</c></summary>
    public const string SetCookie = "set-cookie";
}
