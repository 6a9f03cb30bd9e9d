using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Clusters;

/// <summary>An endpoint whose address is known.</summary>
/// <param name="EndPoint">Where to connect.</param>
/// <param name="Authority">How request URIs name it.</param>
/// <param name="Weight">Relative weight, at least 1.</param>
internal readonly record struct ResolvedEndpoint(EndPoint EndPoint, string Authority, uint Weight)
{
    private const string UnixScheme = "unix://";

    /// <summary>Where it stands among the others.</summary>
    public EndpointPlace Place { get; init; } = EndpointPlace.Unknown;

    /// <summary>Further addresses of the same endpoint, tried where the first does not answer.</summary>
    public ImmutableArray<EndPoint> Others { get; init; } = [];

    /// <summary>From an address that needs no name resolution: an IP address or <c>unix:///path</c>; null = it is neither.</summary>
    public static ResolvedEndpoint? FromLiteral(EndpointConfig config)
    {
        if (config.Address.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            var unix = new UnixDomainSocketEndPoint(config.Address[UnixScheme.Length..]);
            // A URI cannot name a file; the name only has to be the same for the same path.
            string name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(config.Address)).AsSpan(0, 12));
            return new ResolvedEndpoint(unix, $"unix-{name}", config.Weight) { Place = config.Place };
        }
        return IPAddress.TryParse(config.Address, out IPAddress? address) ? FromAddress(address, config.Port, config.Weight) with { Place = config.Place } : null;
    }

    /// <summary>From an IP address.</summary>
    public static ResolvedEndpoint FromAddress(IPAddress address, int port, uint weight)
    {
        string host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        return new ResolvedEndpoint(new IPEndPoint(address, port), string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"), weight);
    }
}
