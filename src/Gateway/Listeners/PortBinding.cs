using System.Net;
using System.Net.Sockets;

namespace Gateway.Listeners;

/// <summary>How configured ports become addresses.</summary>
internal sealed record PortBinding
{
    /// <summary>Configured port → port to bind; ports not named are bound as they are.</summary>
    public IReadOnlyDictionary<int, int> PortMap { get; init; } = new Dictionary<int, int>();

    /// <summary>Every port that <see cref="PortMap"/> does not name is bound to one that the system chooses (tests).</summary>
    public bool EphemeralPorts { get; init; }

    /// <summary>Where ports without <c>bind</c> are bound; null = all addresses.</summary>
    public IPAddress? DefaultBind { get; init; }

    /// <summary>The address for a listener; null = its <c>bind</c> is none.</summary>
    public EndPoint? EndPointFor(ListenerConfig config)
    {
        const string UnixScheme = "unix://";
        if (config.Bind is { } unix && unix.StartsWith(UnixScheme, StringComparison.Ordinal))
            return new UnixDomainSocketEndPoint(unix[UnixScheme.Length..]);
        int port = PortMap.GetValueOrDefault(config.Port, EphemeralPorts ? 0 : config.Port);
        if (config.Bind is null)
            return new IPEndPoint(DefaultBind ?? (Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any), port);
        return IPAddress.TryParse(config.Bind, out IPAddress? address) ? new IPEndPoint(address, port) : null;
    }
}
