using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Clusters.Http1;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding.Http1;

/// <summary>
/// One request and its response over a pooled HTTP/1.1 connection of the loop that holds the client's: (1) take or open a
/// connection, (2) send the head, (3) send the body while (4) the response head is awaited, (5) bring the response to the
/// client, (6) keep the connection if nothing is in doubt. One per request context, used again and again; on the loop.
/// </summary>
internal sealed class Http1Exchange : LoopExchange
{
    // Envoy's limit for a response head on HTTP/1.
    private const int MaxHeadBytes = 80 * 1024;

    // Interim responses of one request; more are a fault.
    private const int MaxInterim = 16;

    // Small bodies leave with the head.
    private const int MaxInlineBodyBytes = 8 * 1024;

    private readonly RequestBodyPump _pump;
    private readonly ResponseHead _head = new();
    private HeadScanner _scanner;
    private Http1Connection? _connection;
    private Task _pumping = Task.CompletedTask;
    private int _interim;
    private bool _awaitsContinue;

    public Http1Exchange(RequestContext request, RouterState state)
        : base(request, state)
    {
        _pump = new RequestBodyPump(request);
    }

    /// <summary>Whether this client does it: HTTP/1.1 from a client on an event loop. Upgrades, tunnels and bodies that are kept for another try go another way.</summary>
    public static bool CanSend(RequestContext request, Cluster cluster, RouterState state) =>
        request.Connection.Loop is not null && cluster.ProtocolFor(request.ClientProtocol) == UpstreamProtocol.Http1 &&
        cluster.Config.ProxyHeader == ProxyHeaderVersion.None &&
        !state.Replays && (!request.HasBody || request.Http.Request.Body is CountedRequestBody) && request.Upgrade is null && !HttpMethods.IsConnect(request.Method);

    /// <summary>Sends the request to an endpoint and the answer to the client. On the loop.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamOutcome> SendAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        EventLoop loop = Request.Connection.Loop!;
        Http1Pool pool = endpoint.Http1.For(loop, cluster, Request.Authority);
        bool keep = false;
        Begin();
        try
        {
            // (1)
            Http1Connection? connection = _connection = pool.TryTake() ?? await ConnectAsync(pool, cluster);
            UpstreamOutcome outcome;
            while (true)
            {
                if (connection is null)
                    return new UpstreamOutcome(UpstreamOutcomeKind.Overflow);
                connection.Exchanges++;
                // (2), (3)
                await loop.EndOfTurnAsync();
                if (!TrySendRequest(connection, out ReadOnlyMemory<byte> rest))
                    await SendRestAsync(connection, rest);
                // (4)
                while (!TryReceiveHead(connection, out outcome))
                    await connection.Socket.WaitReadableAsync();
                if (outcome.Kind != UpstreamOutcomeKind.ConnectionTermination || connection.Exchanges == 1 || !CanRepeat(connection))
                    break;
                // It was kept too long, and nothing was lost.
                connection.Close();
                connection = _connection = await ConnectAsync(pool, cluster);
            }

            if (outcome.Kind != UpstreamOutcomeKind.Done || HasEnded)
                return HasEnded ? Ended() : outcome;

            // (5)
            Request.Info.UpstreamLocalAddress = connection.LocalAddress;
            ResponseRelay.CopyHead(Request, _head);
            UpstreamResponse.Report(Request, cluster, endpoint);
            if (!State.Accepts(Request.Http.Response))
                return new UpstreamOutcome(UpstreamOutcomeKind.Refused);
            UpstreamResponse.Finish(Request, _head.Status);
            if (_head.Framing != BodyFraming.None)
            {
                Task started = Request.Http.Response.StartAsync();
                if (!started.IsCompletedSuccessfully)
                {
                    await started;
                    await loop.SwitchAsync();
                }

                if (!ResponseRelay.TryCopyWhole(Request, connection, _head))
                    outcome = await ResponseRelay.CopyBodyAsync(Request, connection, _head);
            }

            if (HasEnded)
                return Ended();
            // The response broke off because the request did.
            if (_pump.State == BodyState.ClientFailed && outcome.Kind != UpstreamOutcomeKind.Done)
                return UpstreamFailure.OfRequestBody(_pump.Fault);

            // (6)
            keep = outcome.Kind == UpstreamOutcomeKind.Done && _head.KeepAlive && _pump.State == BodyState.Sent && connection.Buffered.IsEmpty && connection.IsUsable;
            return outcome;
        }
        catch (SocketException e)
        {
            return UpstreamFailure.OfConnect(e);
        }
        catch (AuthenticationException e)
        {
            return UpstreamFailure.OfTls(e);
        }
        catch (OperationCanceledException) when (HasEnded || Gone.IsCancellationRequested)
        {
            return Ended();
        }
        finally
        {
            // What failed may have failed on another thread.
            if (!loop.IsCurrent)
                await loop.SwitchAsync();
            if (_connection is { } connection)
            {
                try
                {
                    if (!_pumping.IsCompleted)
                        await StopPumpAsync(connection);
                }
                finally
                {
                    _connection = null;
                    if (keep)
                        pool.Return(connection);
                    else
                        connection.Close();
                }
            }

            Finish();
        }
    }

    /// <returns>Null = as many requests wait for a connection as may.</returns>
    private async ValueTask<Http1Connection?> ConnectAsync(Http1Pool pool, Cluster cluster)
    {
        _connection = null;
        if (!cluster.Breakers.TryBeginPending())
            return null;
        try
        {
            return await pool.ConnectAsync(Gone);
        }
        finally
        {
            cluster.Breakers.EndPending();
        }
    }

    private async ValueTask StopPumpAsync(Http1Connection connection)
    {
        _pump.Stop(connection);
        await _pumping;
        await connection.Socket.Loop.SwitchAsync();
    }

    /// <returns>Whether all was sent; what is left otherwise.</returns>
    private bool TrySendRequest(Http1Connection connection, out ReadOnlyMemory<byte> rest)
    {
        _pump.Reset();
        _pumping = Task.CompletedTask;
        _scanner = default;
        _interim = 0;
        bool chunked = IsChunked;
        RequestHeadWriter head = RequestHeadWriter.Current;
        head.Write(Request, chunked);
        _awaitsContinue = Request.HasBody && Request.Headers.ContainsKey(HeaderNames.Expect);
        if (!Request.HasBody)
            _pump.MarkSent();
        else if (!chunked && !_awaitsContinue)
            _pump.TryTakeWhole(MaxInlineBodyBytes, head);
        int sent = connection.Socket.TrySend(head.Written);
        rest = default;
        if (sent != head.Written.Length)
        {
            rest = head.Written[Math.Max(0, sent)..].ToArray();
            return false;
        }

        StartPump(connection);
        return true;
    }

    private bool IsChunked => Request.HasBody && Request.Http.Request.ContentLength is null;

    private async ValueTask SendRestAsync(Http1Connection connection, ReadOnlyMemory<byte> rest)
    {
        LoopChannel socket = connection.Socket;
        while (!rest.IsEmpty)
        {
            int sent = socket.TrySend(rest.Span);
            // A backend that takes nothing may have answered all the same: receiving tells.
            if (sent == LoopChannel.Failed)
                return;
            rest = rest[Math.Max(0, sent)..];
            if (!rest.IsEmpty && !socket.IsWritable)
                await socket.WaitWritableAsync();
        }

        StartPump(connection);
    }

    private void StartPump(Http1Connection connection)
    {
        if (_pump.State == BodyState.Open && !_awaitsContinue)
            _pumping = _pump.RunAsync(connection, IsChunked);
    }

    /// <returns>False = there must be more to receive first.</returns>
    private bool TryReceiveHead(Http1Connection connection, out UpstreamOutcome outcome)
    {
        outcome = default;
        while (true)
        {
            HeadScan scan = _scanner.Scan(connection.Buffered, out int length);
            if (scan == HeadScan.Complete)
            {
                bool read = length <= MaxHeadBytes && _head.TryRead(connection.Buffered[..length], HttpMethods.IsHead(Request.Method));
                connection.Consume(length);
                _scanner = default;
                if (read && _head.Status >= 200)
                    return true;
                if (read && PassInterim(connection))
                    continue;
                outcome = new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);
                return true;
            }

            if (scan == HeadScan.Bad || connection.IsFull(MaxHeadBytes) || !ResponseHead.CanBegin(connection.Buffered))
            {
                outcome = new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);
                return true;
            }

            if (HasEnded)
                return true;
            if (_pump.State == BodyState.ClientFailed)
            {
                outcome = UpstreamFailure.OfRequestBody(_pump.Fault);
                return true;
            }

            switch (connection.TryFill(MaxHeadBytes))
            {
                case LoopChannel.WouldBlock:
                    return false;
                case Http1Connection.Ended or LoopChannel.Failed:
                    outcome = UpstreamFailure.OfEnd(connection.Socket.Fault);
                    return true;
            }
        }
    }

    /// <returns>Whether the backend may send it.</returns>
    private bool PassInterim(Http1Connection connection)
    {
        // Nobody asked for a change of protocols.
        if (_head.Status == 101 || ++_interim > MaxInterim)
            return false;
        // Reading the body is what makes the server tell the client to go on.
        if (_head.Status == 100 && _awaitsContinue)
        {
            _awaitsContinue = false;
            StartPump(connection);
        }

        return true;
    }

    // RFC 9110 section 9.2.2: what may have been done already is only done again if twice is as good as once.
    private bool CanRepeat(Http1Connection connection) =>
        connection.Buffered.IsEmpty && !Request.HasBody && !HasEnded && Request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE";

    protected override void Cancel() => _connection?.Socket.Close(reset: true);
}
