using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Tls.OpenSsl;
using Gateway.Transport;

namespace Gateway.Tls;

/// <summary>What handshakes with a cluster's endpoints are made with. Immutable; a changed certificate makes a new one for the connections to come.</summary>
internal sealed class UpstreamTlsContext
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private readonly UpstreamTlsConfig _config;
    private readonly X509ChainPolicy? _chainPolicy;
    private readonly IReadOnlyList<RevocationList>? _revocations;
    private readonly TimeProvider _time;

    /// <summary>Makes the context.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="client">Our own certificate; null = there is none.</param>
    /// <param name="authorities">Authorities for servers; null = there are none.</param>
    /// <param name="revocations">Certificates that the authorities took back; null = no list is given.</param>
    /// <param name="time">The clock.</param>
    /// <param name="openSsl">Makes handshakes on event loops by OpenSSL; null = <c>SslStream</c> makes all.</param>
    public UpstreamTlsContext(
        UpstreamTlsConfig config, CertificateMaterial? client, X509Certificate2Collection? authorities, IReadOnlyList<RevocationList>? revocations, TimeProvider time,
        OpenSslEngine? openSsl = null)
    {
        _revocations = revocations;
        CipherSuites = config.CipherSuites.IsEmpty ? null : CipherSuiteTable.Of(config.CipherSuites);
        _time = time;
        _config = config;
        Client = client;
        Authorities = authorities;
        Problem = config.Unavailable
            ?? (config.ClientCertificate is not null && client is null ? "the client certificate is missing or unusable" : null)
            ?? (!config.SkipsVerification && authorities is not { Count: > 0 } && config.Authorities is not null ? "the authorities for the server's certificate are missing or unusable" : null);
        if (!config.SkipsVerification)
            _chainPolicy = PolicyOf(authorities);
        if (Problem is null)
            OpenSsl = openSsl?.TryCreate(this);
    }

    /// <summary>What is offered to servers; null = what the platform offers.</summary>
    public IReadOnlyList<TlsCipherSuite>? CipherSuites { get; }

    /// <summary>Our own certificate.</summary>
    public CertificateMaterial? Client { get; }

    /// <summary>The authorities given.</summary>
    public X509Certificate2Collection? Authorities { get; }

    /// <summary>Why no handshake can succeed; null = it can be tried.</summary>
    public string? Problem { get; }

    /// <summary>Makes handshakes on event loops; null = <c>SslStream</c> does.</summary>
    public OpenSslClientContext? OpenSsl { get; }

    /// <summary>Makes a TLS connection of a connected socket of a loop; the work of the handshake is done elsewhere. Continues anywhere after a failure, which leaves the socket open.</summary>
    /// <inheritdoc cref="ConnectAsync(Stream, string, bool, CancellationToken)"/>
    public async ValueTask<LoopChannel> ConnectAsync(LoopSocket socket, string host, bool isHttp2, CancellationToken cancellationToken)
    {
        if (OpenSsl is { } openSsl)
            return await OpenSslConnector.ConnectAsync(openSsl, socket, host, ServerNameFor(host), isHttp2, cancellationToken);
        var transport = new HandshakeStream(new EventLoopStream(socket));
        SslStream secured = await Task.Run(() => ConnectAsync(transport, host, isHttp2, cancellationToken), cancellationToken);
        await socket.Loop.SwitchAsync();
        transport.EndHandshake();
        return new TlsChannel(socket, secured);
    }

    /// <summary>Decides on a server's certificate with the chain built as <c>SslStream</c> builds it.</summary>
    /// <param name="leaf">The server's.</param>
    /// <param name="others">What it sent with it.</param>
    /// <param name="host">The host connected for.</param>
    /// <returns>What is wrong with it; null = nothing.</returns>
    public string? Judge(X509Certificate2 leaf, X509Certificate2Collection others, string host)
    {
        if (_chainPolicy is null)
            return null;
        using var chain = new X509Chain { ChainPolicy = _chainPolicy.Clone() };
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(others);
        SslPolicyErrors errors = chain.Build(leaf) ? SslPolicyErrors.None : SslPolicyErrors.RemoteCertificateChainErrors;
        string? fault = ServerCertificateValidator.Fault(_config, host, leaf, errors, chain, _time, _revocations is null ? null : () => RevocationFault(chain));
        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (!ReferenceEquals(element.Certificate, leaf))
                element.Certificate.Dispose();
        }

        return fault;
    }

    /// <summary>Makes a TLS connection over a connected stream, which it owns from then on.</summary>
    /// <param name="transport">The connected stream.</param>
    /// <param name="host">The host of the request as it is sent, without a port.</param>
    /// <param name="isHttp2">Whether HTTP/2 will be spoken; otherwise no protocol is negotiated.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="AuthenticationException">The handshake failed, in whatever way.</exception>
    public async Task<SslStream> ConnectAsync(Stream transport, string host, bool isHttp2, CancellationToken cancellationToken)
    {
        string? fault = Problem;
        if (fault is not null)
        {
            await transport.DisposeAsync();
            throw new AuthenticationException(fault);
        }
        var tls = new SslStream(transport, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = ServerNameFor(host),
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = isHttp2 ? [SslApplicationProtocol.Http2] : null,
                    CipherSuitesPolicy = CipherSuites is null || OperatingSystem.IsWindows() ? null : new CipherSuitesPolicy(CipherSuites),
                    ClientCertificateContext = Client?.Context,
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    CertificateChainPolicy = _chainPolicy,
                    AllowRenegotiation = false,
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                        (fault = ServerCertificateValidator.Fault(
                            _config, host, certificate as X509Certificate2, errors, chain, _time, _revocations is null ? null : () => RevocationFault(chain))) is null,
                },
                cancellationToken);
            if (isHttp2 && tls.NegotiatedApplicationProtocol != SslApplicationProtocol.Http2)
                throw new AuthenticationException("the server does not speak HTTP/2");
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync();
            if (e is OperationCanceledException)
                throw;
            throw new AuthenticationException(fault ?? e.Message, e);
        }
    }

    private string ServerNameFor(string host) => _config.IsPerHost ? host : _config.ServerName;

    private static X509ChainPolicy PolicyOf(X509Certificate2Collection? authorities)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (authorities is { Count: > 0 })
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }

    private string? RevocationFault(X509Chain? chain) => chain is null
        ? "there is no chain to look for revoked certificates in"
        : RevocationCheck.Find(chain, _revocations!, _time)?.Text;
}
