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
/// client, (6) keep the connection if nothing is in doubt. One per request slot, used again and again; on the loop.
/// </summary>
internal sealed class Http1Exchange
{
    // Envoy's limit for a response head on HTTP/1.
    private const int MaxHeadBytes = 80 * 1024;

    // Interim responses of one request; more are a fault.
    private const int MaxInterim = 16;

    // Small bodies leave with the head.
    private const int MaxInlineBodyBytes = 8 * 1024;

    private readonly RequestContext _request;
    private readonly RouterState _state;
    private readonly RequestBodyPump _pump;
    private readonly ResponseHead _head = new();
    private Http1Connection? _connection;
    private Task _pumping = Task.CompletedTask;
    private int _generation;
    private bool _ended;
    private bool _awaitsContinue;

    public Http1Exchange(RequestContext request, RouterState state)
    {
        _request = request;
        _state = state;
        _pump = new RequestBodyPump(request);
    }

    /// <summary>Whether this client does it: HTTP/1.1 from a client on an event loop. Upgrades, tunnels and bodies that are kept for another try go another way.</summary>
    public static bool CanSend(RequestContext request, Cluster cluster, RouterState state) =>
        request.Connection.Loop is not null && cluster.Config.Protocol == UpstreamProtocol.Http1 &&
        !state.Replays && (!request.HasBody || request.Http.Request.Body is CountedRequestBody) && request.Upgrade is null && !HttpMethods.IsConnect(request.Method);

    /// <summary>Sends the request to an endpoint and the answer to the client.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamOutcome> SendAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        EventLoop loop = _request.Connection.Loop!;
        await loop.SwitchAsync();
        Http1Pool pool = endpoint.Http1.For(loop, cluster, _request.Authority);
        // Without a limit in time the connection's token does: that of a request is made anew for each.
        CancellationToken gone = _request.IsHttp1 && !_state.HasDeadline ? _request.Connection.Closed : _state.Token;
        _ended = false;
        using CancellationTokenRegistration registration = WhenEnded(gone);
        try
        {
            // (1)
            Http1Connection? connection = pool.TryTake();
            if (connection is not null)
            {
                UpstreamOutcome? outcome = await ExchangeAsync(connection, cluster, endpoint);
                if (outcome is { } ended)
                    return ended;
            }

            connection = await pool.ConnectAsync(gone);
            return await ExchangeAsync(connection, cluster, endpoint) ?? new UpstreamOutcome(UpstreamOutcomeKind.ConnectionTermination);
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.TimedOut
                ? new UpstreamOutcome(UpstreamOutcomeKind.ConnectTimeout)
                : new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure, $"delayed connect error: {e.Message}");
        }
        catch (AuthenticationException e)
        {
            return UpstreamFailure.OfTls(e);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            return Ended();
        }
        finally
        {
            _generation++;
        }
    }

    /// <returns>Null = the connection was kept too long and nothing was lost: the request can go over another.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamOutcome?> ExchangeAsync(Http1Connection connection, Cluster cluster, UpstreamEndpoint endpoint)
    {
        bool reused = connection.Exchanges++ > 0;
        _connection = connection;
        bool keep = false;
        try
        {
            // (2), (3), (4)
            await SendRequestAsync(connection);
            UpstreamOutcome outcome = await ReceiveHeadAsync(connection);
            if (outcome.Kind == UpstreamOutcomeKind.ConnectionTermination && reused && CanRepeat(connection))
                return null;
            if (outcome.Kind != UpstreamOutcomeKind.Done)
                return outcome;

            // (5)
            _request.Info.UpstreamLocalAddress = connection.LocalAddress;
            ResponseRelay.CopyHead(_request, _head);
            UpstreamResponse.Report(_request, cluster, endpoint);
            if (!_state.Accepts(_request.Http.Response))
                return new UpstreamOutcome(UpstreamOutcomeKind.Refused);
            UpstreamResponse.Finish(_request, _head.Status);
            if (_head.Framing != BodyFraming.None)
            {
                await _request.Http.Response.StartAsync();
                await connection.Socket.Loop.SwitchAsync();
                outcome = await ResponseRelay.CopyBodyAsync(_request, connection, _head);
            }

            if (_ended)
                return Ended();

            // (6)
            keep = outcome.Kind == UpstreamOutcomeKind.Done && _head.KeepAlive && _pump.State == BodyState.Sent && connection.Buffered.IsEmpty && connection.IsUsable;
            return outcome;
        }
        finally
        {
            // What failed may have failed on another thread.
            await connection.Socket.Loop.SwitchAsync();
            _connection = null;
            if (!_pumping.IsCompleted)
            {
                _pump.Stop(connection);
                await _pumping;
                await connection.Socket.Loop.SwitchAsync();
            }

            if (keep)
                connection.Pool.Return(connection);
            else
                connection.Close();
        }
    }

    private ValueTask SendRequestAsync(Http1Connection connection)
    {
        _pump.Reset();
        _pumping = Task.CompletedTask;
        bool chunked = _request.HasBody && _request.Http.Request.ContentLength is null;
        RequestHeadWriter head = RequestHeadWriter.Current;
        head.Write(_request, chunked);
        _awaitsContinue = _request.HasBody && _request.Http.Request.Headers.ContainsKey(HeaderNames.Expect);
        if (!_request.HasBody)
            _pump.MarkSent();
        else if (!chunked && !_awaitsContinue)
            _pump.TryTakeWhole(MaxInlineBodyBytes, head);
        int sent = connection.Socket.TrySend(head.Written);
        if (sent == head.Written.Length)
        {
            StartPump(connection, chunked);
            return default;
        }

        return SendRestAsync(connection, head.Written[Math.Max(0, sent)..].ToArray(), chunked);
    }

    private async ValueTask SendRestAsync(Http1Connection connection, ReadOnlyMemory<byte> rest, bool chunked)
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

        StartPump(connection, chunked);
    }

    private void StartPump(Http1Connection connection, bool chunked)
    {
        if (_pump.State == BodyState.Open && !_awaitsContinue)
            _pumping = _pump.RunAsync(connection, chunked);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamOutcome> ReceiveHeadAsync(Http1Connection connection)
    {
        for (int interim = 0; interim <= MaxInterim; interim++)
        {
            UpstreamOutcome outcome = await ReceiveOneHeadAsync(connection);
            if (outcome.Kind != UpstreamOutcomeKind.Done || _head.Status >= 200)
                return outcome;
            // Nobody asked for a change of protocols.
            if (_head.Status == 101)
                break;
            // Reading the body is what makes the server tell the client to go on.
            if (_head.Status == 100 && _awaitsContinue)
            {
                _awaitsContinue = false;
                StartPump(connection, _request.Http.Request.ContentLength is null);
            }
        }

        return new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamOutcome> ReceiveOneHeadAsync(Http1Connection connection)
    {
        HeadScanner scanner = default;
        while (true)
        {
            HeadScan scan = scanner.Scan(connection.Buffered, out int length);
            if (scan == HeadScan.Complete)
            {
                bool read = length <= MaxHeadBytes && _head.TryRead(connection.Buffered[..length], HttpMethods.IsHead(_request.Method));
                connection.Consume(length);
                return read ? default : new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);
            }

            if (scan == HeadScan.Bad || connection.IsFull(MaxHeadBytes) || !ResponseHead.CanBegin(connection.Buffered))
                return new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError);

            await connection.Socket.WaitReadableAsync();
            if (_ended)
                return Ended();
            if (_pump.State == BodyState.ClientFailed)
                return new UpstreamOutcome(UpstreamOutcomeKind.RequestAborted);
            if (connection.TryFill(MaxHeadBytes) is Http1Connection.Ended or LoopChannel.Failed)
                return new UpstreamOutcome(UpstreamOutcomeKind.ConnectionTermination);
        }
    }

    // RFC 9110 section 9.2.2: what may have been done already is only done again if twice is as good as once.
    private bool CanRepeat(Http1Connection connection) =>
        connection.Buffered.IsEmpty && !_request.HasBody && !_ended && _request.Method is "GET" or "HEAD" or "OPTIONS" or "TRACE" or "PUT" or "DELETE";

    private UpstreamOutcome Ended()
    {
        if (_state.Cause != DeadlineCause.None)
            return new UpstreamOutcome(UpstreamOutcomeKind.LocalReset);
        _request.NoteClientGone();
        _request.Http.Abort();
        return default;
    }

    // On HTTP/1 the token is the connection's and fires on the loop; that of a limit or of an HTTP/2 stream fires anywhere,
    // perhaps when this object already serves another request.
    private CancellationTokenRegistration WhenEnded(CancellationToken gone) => _request.IsHttp1 && !_state.HasDeadline
        ? gone.UnsafeRegister(static state => ((Http1Exchange)state!).OnEnd(), this)
        : gone.UnsafeRegister(static state => ((Departure)state!).Post(), new Departure(this, _generation));

    private void OnEnd()
    {
        _ended = true;
        _connection?.Socket.Close(reset: true);
    }

    private sealed class Departure(Http1Exchange exchange, int generation)
    {
        private readonly EventLoop _loop = exchange._request.Connection.Loop!;

        public void Post() => _loop.Scheduler.Schedule(static state => ((Departure)state!).Run(), this);

        private void Run()
        {
            if (exchange._generation == generation)
                exchange.OnEnd();
        }
    }
}
