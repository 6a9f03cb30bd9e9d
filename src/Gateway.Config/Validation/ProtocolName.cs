using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The protocol names of ports, in any case, and what they imply.</summary>
internal static class ProtocolName
{
    /// <summary>Whether Istio knows the name.</summary>
    public static bool IsKnown(string? name) => IsHttp(name) || IsTcp(name) || Is(name, "UDP");

    /// <summary>Plaintext HTTP in any version.</summary>
    public static bool IsHttp(string? name) =>
        Is(name, "HTTP") || Is(name, "HTTP2") || Is(name, "HTTP_PROXY") || Is(name, "GRPC") || Is(name, "GRPC-WEB");

    /// <summary>Treated as bytes.</summary>
    public static bool IsTcp(string? name) =>
        IsTls(name) || Is(name, "TCP") || Is(name, "MONGO") || Is(name, "REDIS") || Is(name, "MYSQL");

    /// <summary>Begins with a TLS handshake.</summary>
    public static bool IsTls(string? name) => Is(name, "HTTPS") || Is(name, "TLS");

    /// <summary>Whether a dynamically resolved wildcard host can be told from such traffic.</summary>
    public static bool NamesItsHost(string? name) => Is(name, "HTTP") || Is(name, "TLS") || Is(name, "GRPC") || Is(name, "HTTP2");

    /// <summary>A ServiceEntry's port may leave the protocol out: it is then detected.</summary>
    public static void CheckOptional(Findings findings, ServicePort port)
    {
        if (!string.IsNullOrEmpty(port.Protocol) && !IsKnown(port.Protocol))
            findings.Error(port, "protocol", $"Unsupported protocol: {port.Protocol}.");
    }

    private static bool Is(string? name, string expected) => string.Equals(name, expected, StringComparison.OrdinalIgnoreCase);
}
