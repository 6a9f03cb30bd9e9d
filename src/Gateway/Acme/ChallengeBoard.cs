using System.Formats.Asn1;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Acme.State;
using Gateway.Tls;

namespace Gateway.Acme;

/// <summary>The answers to open challenges, where every replica finds them: the authority may come to any.</summary>
internal sealed class ChallengeBoard(IAcmeState state, TimeProvider time)
{
    // RFC 8737, section 3: id-pe-acmeIdentifier.
    private const string AcmeIdentifier = "1.3.6.1.5.5.7.1.31";

    /// <summary>Puts up the answer to HTTP-01.</summary>
    public ValueTask PutHttpAsync(string token, string keyAuthorization, CancellationToken cancellationToken) =>
        state.WriteAsync(HttpName(token), Encoding.ASCII.GetBytes(keyAuthorization), cancellationToken);

    /// <summary>Puts up the answer to TLS-ALPN-01.</summary>
    public ValueTask PutTlsAsync(string host, string keyAuthorization, CancellationToken cancellationToken) =>
        state.WriteAsync(TlsName(host), Encoding.ASCII.GetBytes(keyAuthorization), cancellationToken);

    /// <summary>Takes an answer down; one that another order has put up for the same host stays.</summary>
    public async ValueTask RemoveAsync(string token, string host, string keyAuthorization)
    {
        await state.DeleteAsync(HttpName(token), CancellationToken.None);
        if (await TryReadAsync(TlsName(host)) is { } answer && answer.AsSpan().SequenceEqual(Encoding.ASCII.GetBytes(keyAuthorization)))
            await state.DeleteAsync(TlsName(host), CancellationToken.None);
    }

    /// <summary>The answer to a token; null = no challenge with it is open.</summary>
    public async ValueTask<string?> FindHttpAsync(string token) =>
        await TryReadAsync(HttpName(token)) is { } answer ? Encoding.ASCII.GetString(answer) : null;

    /// <summary>What an authority's handshake for a name is answered with; null = no challenge is open for it.</summary>
    public async ValueTask<SslServerAuthenticationOptions?> FindTlsAsync(string serverName) =>
        await TryReadAsync(TlsName(serverName)) is { } answer ? Options(serverName, answer) : null;

    private static string HttpName(string token) => "challenges/http/" + token;

    private static string TlsName(string host) => "challenges/tls/" + host;

    private async ValueTask<byte[]?> TryReadAsync(string name)
    {
        try
        {
            return await state.ReadAsync(name, CancellationToken.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The key counts for nothing here, so each replica makes a certificate of its own when it is asked.
    private SslServerAuthenticationOptions Options(string host, byte[] keyAuthorization)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=acme challenge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(SHA256.HashData(keyAuthorization));
        request.CertificateExtensions.Add(new X509Extension(AcmeIdentifier, writer.Encode(), critical: true));
        DateTimeOffset now = time.GetUtcNow();
        X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            ApplicationProtocols = [TlsAlpnChallenges.Protocol],
        };
    }
}
