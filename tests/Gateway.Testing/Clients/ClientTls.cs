using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing.Clients;

/// <summary>TLS on the client's side. Unless an authority is named, servers' certificates are never refused: tests look at what they were shown.</summary>
/// <param name="ServerName">SNI; empty = none is sent.</param>
/// <param name="Protocols">ALPN offers.</param>
/// <param name="ClientCertificate">The client's own certificate; null = none.</param>
public sealed record ClientTls(string ServerName, IReadOnlyList<SslApplicationProtocol> Protocols, X509Certificate2? ClientCertificate = null)
{
    /// <summary>Whom the server's certificate must come from; null = it is never refused.</summary>
    public X509Certificate2? Authority { get; init; }

    /// <summary>Offers HTTP/1.1.</summary>
    public static ClientTls Http1(string serverName, X509Certificate2? certificate = null) => new(serverName, [SslApplicationProtocol.Http11], certificate);

    /// <summary>Offers HTTP/2.</summary>
    public static ClientTls Http2(string serverName, X509Certificate2? certificate = null) => new(serverName, [SslApplicationProtocol.Http2], certificate);

    /// <summary>Shakes hands over a connected stream, which the result owns.</summary>
    public async Task<SslStream> AuthenticateAsync(Stream stream, CancellationToken cancel)
    {
        var secure = new SslStream(stream, leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = ServerName,
            ApplicationProtocols = [.. Protocols],
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
        if (Authority is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.Add(Authority);
            options.RemoteCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None;
        }
        if (ClientCertificate is not null)
            options.ClientCertificateContext = SslStreamCertificateContext.Create(ClientCertificate, null, offline: true);
        await secure.AuthenticateAsClientAsync(options, cancel);
        return secure;
    }
}
