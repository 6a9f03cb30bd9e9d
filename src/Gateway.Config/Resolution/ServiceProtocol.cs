namespace Gateway.Config.Resolution;

/// <summary>What a port speaks, as Istio tells it.</summary>
public enum ServiceProtocol
{
    /// <summary>Nothing was said: treated as HTTP/1.1 when an HTTP route leads there.</summary>
    Unsupported,

    /// <summary>HTTP/1.1.</summary>
    Http,

    /// <summary>HTTP/2 in plain text.</summary>
    Http2,

    /// <summary>gRPC.</summary>
    Grpc,

    /// <summary>gRPC-Web.</summary>
    GrpcWeb,

    /// <summary>HTTPS.</summary>
    Https,

    /// <summary>TLS.</summary>
    Tls,

    /// <summary>TCP, also for the database protocols that Istio names.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,

    /// <summary>HTTP CONNECT proxy.</summary>
    HttpProxy,
}

/// <summary>Reads protocols from the places where Kubernetes and Istio write them.</summary>
public static class ServiceProtocols
{
    /// <summary>Parses a protocol name, in any case.</summary>
    public static ServiceProtocol Parse(ReadOnlySpan<char> name)
    {
        Span<char> lower = stackalloc char[12];
        if (name.Length > lower.Length)
            return ServiceProtocol.Unsupported;
        int length = name.ToLowerInvariant(lower);
        return lower[..length] switch
        {
            "http" => ServiceProtocol.Http,
            "http2" => ServiceProtocol.Http2,
            "grpc" => ServiceProtocol.Grpc,
            "grpc-web" => ServiceProtocol.GrpcWeb,
            "https" => ServiceProtocol.Https,
            "tls" => ServiceProtocol.Tls,
            "tcp" or "mongo" or "redis" or "mysql" => ServiceProtocol.Tcp,
            "udp" => ServiceProtocol.Udp,
            "http_proxy" => ServiceProtocol.HttpProxy,
            _ => ServiceProtocol.Unsupported,
        };
    }

    /// <summary>The protocol of a Kubernetes Service port: <c>appProtocol</c> first, else the port name's prefix.</summary>
    public static ServiceProtocol OfKubernetesPort(string? name, string? appProtocol, string? transport)
    {
        if (string.Equals(transport, "UDP", StringComparison.OrdinalIgnoreCase))
            return ServiceProtocol.Udp;
        switch (appProtocol)
        {
            case "kubernetes.io/h2c":
                return ServiceProtocol.Http2;
            case "kubernetes.io/ws":
                return ServiceProtocol.Http;
            case "kubernetes.io/wss":
                return ServiceProtocol.Https;
        }
        ReadOnlySpan<char> text = string.IsNullOrEmpty(appProtocol) ? name : appProtocol;
        if (text.StartsWith("grpc-web", StringComparison.OrdinalIgnoreCase))
            return ServiceProtocol.GrpcWeb;
        int dash = text.IndexOf('-');
        return Parse(dash < 0 ? text : text[..dash]);
    }

    /// <summary>Whether requests are told apart on it: HTTP in the clear, whatever its version.</summary>
    public static bool IsHttp(this ServiceProtocol protocol) =>
        protocol is ServiceProtocol.Http or ServiceProtocol.Http2 or ServiceProtocol.Grpc or ServiceProtocol.GrpcWeb or ServiceProtocol.HttpProxy;

    /// <summary>Whether a backend that says this is spoken to in HTTP/2.</summary>
    public static bool IsHttp2(this ServiceProtocol protocol) =>
        protocol is ServiceProtocol.Http2 or ServiceProtocol.Grpc or ServiceProtocol.GrpcWeb;
}
