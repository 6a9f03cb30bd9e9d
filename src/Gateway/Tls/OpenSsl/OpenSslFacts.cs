using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Tls.OpenSsl;

/// <summary>What a handshake agreed on, as the features by which Kestrel asks for it.</summary>
internal sealed class OpenSslFacts : ITlsConnectionFeature, ITlsHandshakeFeature, ITlsApplicationProtocolFeature
{
    private static readonly ReadOnlyMemory<byte> Http2 = SslApplicationProtocol.Http2.Protocol;
    private static readonly ReadOnlyMemory<byte> Http11 = SslApplicationProtocol.Http11.Protocol;

    public OpenSslFacts(
        SslProtocols protocol, TlsCipherSuite suite, ReadOnlySpan<byte> alpn,
        X509Certificate2? peer, CertificateMaterial? own, bool isResumed)
    {
        Protocol = protocol;
        NegotiatedCipherSuite = suite;
        ApplicationProtocol = alpn.SequenceEqual(Http2.Span) ? Http2
            : alpn.SequenceEqual(Http11.Span) ? Http11
            : alpn.ToArray();
        ClientCertificate = peer;
        Own = own;
        IsResumed = isResumed;
    }

    public X509Certificate2? ClientCertificate { get; set; }

    /// <summary>What we showed.</summary>
    public CertificateMaterial? Own { get; }

    /// <summary>Whether an earlier session was resumed.</summary>
    public bool IsResumed { get; }

    public ReadOnlyMemory<byte> ApplicationProtocol { get; }

    public SslProtocols Protocol { get; }

    public TlsCipherSuite? NegotiatedCipherSuite { get; }

    public string HostName => "";

#pragma warning disable SYSLIB0058 // The interface demands them; nothing of ours reads them.
    public CipherAlgorithmType CipherAlgorithm => CipherAlgorithmType.None;

    public int CipherStrength => 0;

    public HashAlgorithmType HashAlgorithm => HashAlgorithmType.None;

    public int HashStrength => 0;

    public ExchangeAlgorithmType KeyExchangeAlgorithm => ExchangeAlgorithmType.None;

    public int KeyExchangeStrength => 0;
#pragma warning restore SYSLIB0058

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);

    /// <inheritdoc/>
    public override string ToString() => $"{Protocol} {NegotiatedCipherSuite} {Encoding.ASCII.GetString(ApplicationProtocol.Span)}";
}
