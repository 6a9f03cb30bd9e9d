using System.Net;
using System.Net.Sockets;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Snapshot;
using Microsoft.Extensions.Logging;

namespace Gateway.Acme;

/// <summary>
/// Looks at names before the authority is asked to. A name that does not exist is a failure that costs nothing. A port
/// that cannot be reached from here is only said: many networks do not let their own addresses in from inside.
/// </summary>
internal sealed partial class Preflight(DnsResolver resolver, AcmeOptions options, TimeProvider time, ILogger<Preflight> logger)
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(3);

    private readonly DnsHostOptions _dns = new() { Servers = options.NameServers.ToEquatableArray() };

    /// <summary>Looks.</summary>
    /// <exception cref="AcmeException">A name does not exist.</exception>
    public async Task CheckAsync(AcmeCertificateConfig certificate, CancellationToken cancellationToken)
    {
        int port = certificate.Challenge == AcmeChallengeKind.Http01 ? options.HttpPort : options.TlsPort;
        foreach (string host in certificate.Hosts.AsSpan().ToArray())
        {
            // With a dot at its end no search domain is tried: the authority has none either.
            DnsAnswer answer = await resolver.ResolveAsync(host + ".", _dns, urgent: false, cancellationToken);
            if (answer.Outcome == DnsOutcome.NotFound)
                throw new AcmeException($"{host} has no address in the DNS; the authority was not asked.", "preflight");
            if (answer.Addresses.Length > 0 && await ConnectAsync(new IPEndPoint(answer.Addresses[0], port), cancellationToken) is { } fault)
                Log.Unreachable(logger, host, answer.Addresses[0], port, fault);
        }
    }

    private async Task<string?> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(ConnectLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endPoint, either.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Host} is {Address}, and port {Port} there cannot be reached from here ({Fault}). Unless it can from outside, the order will fail.")]
        public static partial void Unreachable(ILogger logger, string host, IPAddress address, int port, string fault);
    }
}
