using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Echo;

/// <summary>How an <see cref="EchoUpstream"/> is made.</summary>
public sealed record EchoOptions
{
    /// <summary>Name it answers with.</summary>
    public string Name { get; init; } = "echo";

    /// <summary>The loopback address and, if not 0, the port it listens on instead of 127.0.0.1 with ports that the system chooses.</summary>
    public IPEndPoint? At { get; init; }

    /// <summary>How many loopback ports it listens on; all speak HTTP/1.1, h2c and, given a certificate, TLS.</summary>
    public int PortCount { get; init; } = 1;

    /// <summary>Certificate for TLS connections; null = a TLS connection is closed.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Asks TLS clients for a certificate of this authority; null = does not ask.</summary>
    public X509Certificate2? ClientAuthority { get; init; }

    /// <summary>TLS by port and server name; comes before <see cref="Certificate"/>. Null = the same for all.</summary>
    public Func<int, string?, EchoTls?>? TlsByPort { get; init; }

    /// <summary>Answers the request itself if it returns true; null = everything is echoed.</summary>
    public Func<HttpContext, Task<bool>>? Handler { get; init; }
}
