namespace Gateway.Config.Model;

/// <summary>How an external authorization service is asked.</summary>
public enum ExtAuthzProtocol
{
    /// <summary><c>envoyExtAuthzHttp</c>: the request's head goes to the service, its status decides.</summary>
    Http,

    /// <summary><c>envoyExtAuthzGrpc</c>: <c>envoy.service.auth.v3.Authorization/Check</c>.</summary>
    Grpc,
}

/// <summary>Istio <c>MeshConfig.ExtensionProvider</c>, as far as it is about authorization.</summary>
public sealed record ExtensionProvider : SpecRecord
{
    /// <summary><c>name</c>: what CUSTOM policies name it by.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>envoyExtAuthzHttp</c> or <c>envoyExtAuthzGrpc</c>; null = a provider of another kind.</summary>
    public ExtAuthzProvider? ExtAuthz { get; init; }
}

/// <summary>Istio <c>EnvoyExternalAuthorizationHttpProvider</c> and <c>…GrpcProvider</c>; what only HTTP has is empty for gRPC.</summary>
public sealed record ExtAuthzProvider : SpecRecord
{
    /// <summary>Which of the two.</summary>
    public ExtAuthzProtocol Protocol { get; init; }

    /// <summary><c>service</c>: <c>[namespace/]host</c>.</summary>
    public string Service { get; init; } = "";

    /// <summary><c>port</c> of the service.</summary>
    public uint Port { get; init; }

    /// <summary><c>timeout</c>; null = 600 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary><c>failOpen</c>: whether requests pass when the service does not answer; default no.</summary>
    public bool FailOpen { get; init; }

    /// <summary><c>statusOnError</c>: a status code as text; empty = 403.</summary>
    public string StatusOnError { get; init; } = "";

    /// <summary><c>includeRequestBodyInCheck</c>; null = the body is not sent.</summary>
    public ExtAuthzBody? Body { get; init; }

    /// <summary><c>pathPrefix</c> (HTTP).</summary>
    public string PathPrefix { get; init; } = "";

    /// <summary><c>includeRequestHeadersInCheck</c> (HTTP), or the older <c>includeHeadersInCheck</c> where that is empty.</summary>
    public EquatableArray<string> IncludeRequestHeaders { get; init; }

    /// <summary><c>includeAdditionalHeadersInCheck</c> (HTTP).</summary>
    public EquatableMap<string> AdditionalHeaders { get; init; }

    /// <summary><c>headersToUpstreamOnAllow</c> (HTTP).</summary>
    public EquatableArray<string> HeadersToUpstreamOnAllow { get; init; }

    /// <summary><c>headersToDownstreamOnAllow</c> (HTTP).</summary>
    public EquatableArray<string> HeadersToDownstreamOnAllow { get; init; }

    /// <summary><c>headersToDownstreamOnDeny</c> (HTTP).</summary>
    public EquatableArray<string> HeadersToDownstreamOnDeny { get; init; }
}

/// <summary>Istio <c>EnvoyExternalAuthorizationRequestBody</c>.</summary>
public sealed record ExtAuthzBody : SpecRecord
{
    /// <summary><c>maxRequestBytes</c>.</summary>
    public uint MaxRequestBytes { get; init; }

    /// <summary><c>allowPartialMessage</c>: whether the beginning of a larger body is sent; else the request gets 413.</summary>
    public bool AllowPartialMessage { get; init; }

    /// <summary><c>packAsBytes</c> (gRPC): the body is sent as bytes, not as text.</summary>
    public bool PackAsBytes { get; init; }
}
