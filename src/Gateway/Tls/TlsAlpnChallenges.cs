using System.Net.Security;

namespace Gateway.Tls;

/// <summary>Where listeners ask for the certificate that answers a challenge of RFC 8737. Whoever orders certificates sets <see cref="Source"/>.</summary>
internal sealed class TlsAlpnChallenges
{
    /// <summary>The protocol by which an authority's connection tells itself from a client's.</summary>
    public static readonly SslApplicationProtocol Protocol = new("acme-tls/1");

    private volatile Func<string, ValueTask<SslServerAuthenticationOptions?>>? _source;

    /// <summary>Finds what the handshake for a name is answered with; null = nothing is ordered here.</summary>
    public Func<string, ValueTask<SslServerAuthenticationOptions?>>? Source
    {
        get => _source;
        set => _source = value;
    }

    /// <summary>What the handshake for a name is answered with; null = no challenge is open for it.</summary>
    public ValueTask<SslServerAuthenticationOptions?> FindAsync(string serverName) => _source is { } source ? source(serverName) : default;
}
