using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Testing.Echo;

/// <summary>
/// Lets one Kestrel port speak TLS, HTTP/1.1 and h2c: looks at the first bytes, ends TLS, and tells Kestrel which HTTP
/// it is. Kestrel asks only the ALPN feature for that, and only when there is a TLS feature, so both are set for h2c too.
/// </summary>
internal sealed class ProtocolSniffer(EchoOptions options)
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0"u8.ToArray();

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            byte[] start = await PeekAsync(connection.Transport.Input);
            if (start.Length > 0 && start[0] == 0x16)
                await RunTlsAsync(connection, next);
            else
            {
                if (start.AsSpan().StartsWith(Preface))
                    Announce(connection, SslApplicationProtocol.Http2, null);
                await next(connection);
            }
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            connection.Abort();
        }
    }

    private static async Task<byte[]> PeekAsync(PipeReader input)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync();
            byte[] start = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, Preface.Length)).ToArray();
            bool undecided = start.Length < Preface.Length && Preface.AsSpan().StartsWith(start) && !result.IsCompleted;
            input.AdvanceTo(result.Buffer.Start, undecided ? result.Buffer.End : result.Buffer.Start);
            if (!undecided)
                return start;
        }
    }

    private async Task RunTlsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (options.Certificate is null && options.TlsByPort is null)
        {
            connection.Abort();
            return;
        }
        await using var tls = new SslStream(new DuplexStream(connection.Transport), leaveInnerStreamOpen: true);
        int port = ((IPEndPoint)connection.LocalEndPoint!).Port;
        await tls.AuthenticateAsServerAsync(
            (_, hello, _, _) => ValueTask.FromResult(ServerOptions(options.TlsByPort is { } choose
                ? choose(port, hello.ServerName) ?? throw new System.Security.Authentication.AuthenticationException("No TLS here.")
                : new EchoTls(options.Certificate!, options.ClientAuthority))),
            null,
            connection.ConnectionClosed);
        Announce(connection, tls.NegotiatedApplicationProtocol, tls);
        IDuplexPipe inner = connection.Transport;
        var outer = new TlsPipe(tls);
        connection.Transport = outer;
        try
        {
            await next(connection);
        }
        finally
        {
            await outer.Input.CompleteAsync();
            await outer.Output.CompleteAsync();
            connection.Transport = inner;
        }
    }

    private static SslServerAuthenticationOptions ServerOptions(EchoTls choice) => new()
    {
        ServerCertificate = choice.Certificate,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        ClientCertificateRequired = choice.ClientAuthority is not null,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            choice.ClientAuthority is null || (certificate is X509Certificate2 client && IsIssuedBy(client, choice.ClientAuthority)),
    };

    private static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static void Announce(ConnectionContext connection, SslApplicationProtocol protocol, SslStream? tls)
    {
        var features = new SniffedFeatures(protocol, tls);
        connection.Features.Set<ITlsConnectionFeature>(features);
        connection.Features.Set<ITlsApplicationProtocolFeature>(features);
        if (tls is not null)
            connection.Features.Set<ISslStreamFeature>(features);
    }

    private sealed class TlsPipe(Stream tls) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(tls, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
    }

    private sealed class SniffedFeatures(SslApplicationProtocol protocol, SslStream? tls)
        : ITlsConnectionFeature, ITlsApplicationProtocolFeature, ISslStreamFeature
    {
        public X509Certificate2? ClientCertificate { get; set; } = tls?.RemoteCertificate as X509Certificate2;

        public ReadOnlyMemory<byte> ApplicationProtocol => protocol.Protocol;

        public SslStream SslStream => tls ?? throw new InvalidOperationException("Not a TLS connection.");

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
