using System.Buffers;
using System.IO.Pipelines;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Listeners;

/// <summary>
/// Lets CONNECT requests over HTTP/1.1 take the connections of forward proxies over, for which Kestrel has no way. Kestrel
/// reads them like any other request; only where a connection begins with one, its Host is made to say what Kestrel asks for.
/// </summary>
/// <param name="isProxy">Whether a connection's chain is a forward proxy.</param>
internal sealed class ConnectGate(Func<DownstreamConnection, bool> isProxy)
{
    private static readonly TimeSpan HeadDeadline = TimeSpan.FromSeconds(15);

    /// <summary>The step in Kestrel's way of a connection.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => connection =>
        connection.Features.Get<DownstreamConnection>() is { } facts && isProxy(facts) && !IsHttp2(connection) ? RunAsync(next, connection) : next(connection);

    private static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        var transport = new TunnelTransport(connection.Transport);
        using (var deadline = new CancellationTokenSource(HeadDeadline))
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.ConnectionClosed))
        {
            try
            {
                transport.Begin(await ReadHeadAsync(connection.Transport.Input, either.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
            {
                return;
            }
        }
        connection.Transport = transport;
        connection.Features.Set<ITunnelFeature>(transport);
        await next(connection);
    }

    /// <summary>The head to be read in place of the one that came, if a connection begins with a CONNECT request; empty = what came is read.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>> ReadHeadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            ConnectHeadResult head = ConnectHead.Read(buffer);
            if (head.Rewritten is { } rewritten)
            {
                input.AdvanceTo(head.End);
                return rewritten;
            }
            bool isDone = !head.NeedsMore || read.IsCompleted || buffer.Length > KestrelLimits.MaxHeadersBytes;
            input.AdvanceTo(buffer.Start, isDone ? buffer.Start : buffer.End);
            if (isDone)
                return default;
        }
    }

    private static bool IsHttp2(ConnectionContext connection) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } alpn && alpn.ApplicationProtocol.Span.SequenceEqual("h2"u8);
}
