using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Listeners;

/// <summary>
/// Serves CONNECT over HTTP/1.1, which Kestrel has no way to: where a forward proxy's connection begins with it, the
/// connection is the request and after it the tunnel. The request goes the way of all others; only its head is read here.
/// </summary>
/// <param name="isProxy">Whether a connection's chain is a forward proxy.</param>
internal sealed class ConnectGate(Func<DownstreamConnection, bool> isProxy)
{
    private static readonly TimeSpan HeadDeadline = TimeSpan.FromSeconds(15);

    private static ReadOnlySpan<byte> Method => "CONNECT "u8;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    private IHttpApplication<RequestContext>? _application;

    /// <summary>Who takes requests; set before the first connection.</summary>
    public void Attach(IHttpApplication<RequestContext> application) => _application = application;

    /// <summary>The step in Kestrel's way of a connection.</summary>
    public ConnectionDelegate Use(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<DownstreamConnection>() is not { } facts || !isProxy(facts) || IsHttp2(connection))
        {
            await next(connection);
            return;
        }
        using var deadline = new CancellationTokenSource(HeadDeadline);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.ConnectionClosed);
        bool? begins = await BeginsWithConnectAsync(connection.Transport.Input, either.Token);
        if (begins == false)
            await next(connection);
        else if (begins == true)
            await ServeAsync(connection, either.Token);
    };

    /// <summary>Whether a head is complete in what was received; null = it is too large.</summary>
    internal static SequencePosition? EndOfHead(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        return reader.TryReadTo(out ReadOnlySequence<byte> _, HeadEnd) ? reader.Position : null;
    }

    private static bool IsHttp2(ConnectionContext connection) =>
        connection.Features.Get<ITlsApplicationProtocolFeature>() is { } alpn && alpn.ApplicationProtocol.Span.SequenceEqual("h2"u8);

    /// <summary>Null = the connection ended, or said nothing in time.</summary>
    private static async ValueTask<bool?> BeginsWithConnectAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> buffer = read.Buffer;
                bool? begins = Begins(buffer);
                input.AdvanceTo(buffer.Start, begins is null ? buffer.End : buffer.Start);
                if (begins is not null)
                    return begins;
                if (read.IsCompleted)
                    return null;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            return null;
        }
    }

    private static bool? Begins(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[Method.Length];
        int length = (int)Math.Min(buffer.Length, start.Length);
        buffer.Slice(0, length).CopyTo(start);
        if (!start[..length].SequenceEqual(Method[..length]))
            return false;
        return length == Method.Length ? true : null;
    }

    private async Task ServeAsync(ConnectionContext connection, CancellationToken cancellationToken)
    {
        if (await ReadHeadAsync(connection.Transport.Input, cancellationToken) is not { } head || ConnectExchange.TryCreate(connection, head) is not { } exchange)
        {
            await connection.Transport.Output.WriteAsync("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"u8.ToArray(), CancellationToken.None);
            return;
        }
        RequestContext context = _application!.CreateContext(exchange.Features);
        Exception? failure = null;
        try
        {
            await _application.ProcessRequestAsync(context);
            await exchange.EndAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ConnectionAbortedException)
        {
            failure = e;
        }
        finally
        {
            _application.DisposeContext(context, failure);
        }
    }

    /// <summary>The request line and headers; null = they are too large, or did not come in time.</summary>
    private static async ValueTask<string?> ReadHeadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                ReadResult read = await input.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> buffer = read.Buffer;
                if (EndOfHead(buffer) is { } end)
                {
                    string head = Encoding.Latin1.GetString(buffer.Slice(0, end));
                    input.AdvanceTo(end);
                    return head;
                }
                input.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted || buffer.Length > KestrelLimits.MaxHeadersBytes)
                    return null;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            return null;
        }
    }
}
