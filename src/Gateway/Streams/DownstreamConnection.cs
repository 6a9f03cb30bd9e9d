using System.Net;

namespace Gateway.Streams;

/// <summary>Facts about one accepted connection; set once before the first request, as a Kestrel connection feature.</summary>
internal sealed class DownstreamConnection
{
    /// <summary>The listener's configured port.</summary>
    public required int ListenerPort { get; init; }

    /// <summary>The listener's name.</summary>
    public required string ListenerName { get; init; }

    /// <summary>The filter chain's name; requests take the chain's routes from the current snapshot by it.</summary>
    public required string FilterChainName { get; init; }

    /// <summary>Whether TLS is ended here.</summary>
    public required bool IsTls { get; init; }

    /// <summary>Server name the client asked for; null = none.</summary>
    public string? RequestedServerName { get; init; }

    /// <summary>Direct peer.</summary>
    public required EndPoint RemoteEndPoint { get; init; }

    /// <summary>Our side.</summary>
    public required EndPoint LocalEndPoint { get; init; }

    /// <summary><see cref="RemoteEndPoint"/> as text, made once.</summary>
    public required string RemoteAddress { get; init; }

    /// <summary><see cref="LocalEndPoint"/> as text, made once.</summary>
    public required string LocalAddress { get; init; }
}
