using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads the <c>extensionProviders</c> of MeshConfig.</summary>
internal static class ExtensionProviderBinder
{
    public static ExtensionProvider ExtensionProvider(ObjectReader r)
    {
        ExtAuthzProvider? http = r.Object("envoyExtAuthzHttp", Http);
        ExtAuthzProvider? grpc = r.Object("envoyExtAuthzGrpc", Grpc);
        r.Ignore("zipkin", "lightstep", "datadog", "stackdriver", "opencensus", "skywalking", "opentelemetry", "prometheus",
            "envoyFileAccessLog", "envoyHttpAls", "envoyTcpAls", "envoyOtelAls", "sds");
        return new() { Node = r.Node, Name = r.String("name") ?? "", ExtAuthz = http ?? grpc };
    }

    private static ExtAuthzProvider Http(ObjectReader r)
    {
        EquatableArray<string> headers = r.Strings("includeRequestHeadersInCheck");
        EquatableArray<string> older = r.Strings("includeHeadersInCheck");
        return Common(r) with
        {
            Protocol = ExtAuthzProtocol.Http,
            PathPrefix = r.String("pathPrefix") ?? "",
            IncludeRequestHeaders = headers.IsEmpty ? older : headers,
            AdditionalHeaders = r.StringMap("includeAdditionalHeadersInCheck"),
            HeadersToUpstreamOnAllow = r.Strings("headersToUpstreamOnAllow"),
            HeadersToDownstreamOnAllow = r.Strings("headersToDownstreamOnAllow"),
            HeadersToDownstreamOnDeny = r.Strings("headersToDownstreamOnDeny"),
        };
    }

    private static ExtAuthzProvider Grpc(ObjectReader r) => Common(r) with { Protocol = ExtAuthzProtocol.Grpc };

    private static ExtAuthzProvider Common(ObjectReader r)
    {
        // Routes are chosen after the answer in any case.
        r.Ignore("clearRouteCache");
        return new()
        {
            Node = r.Node,
            Service = r.String("service") ?? "",
            Port = r.UInt32("port") ?? 0,
            Timeout = r.Duration("timeout"),
            FailOpen = r.Boolean("failOpen") ?? false,
            StatusOnError = r.String("statusOnError") ?? "",
            Body = r.Object("includeRequestBodyInCheck", Body),
        };
    }

    private static ExtAuthzBody Body(ObjectReader r) => new()
    {
        Node = r.Node,
        MaxRequestBytes = r.UInt32("maxRequestBytes") ?? 0,
        AllowPartialMessage = r.Boolean("allowPartialMessage") ?? false,
        PackAsBytes = r.Boolean("packAsBytes") ?? false,
    };
}
