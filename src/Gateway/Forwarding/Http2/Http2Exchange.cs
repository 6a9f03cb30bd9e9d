using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Clusters.Http2;
using Gateway.Forwarding.Http1;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding.Http2;

/// <summary>
/// One request and its response on a stream of HTTP/2 on the loop that holds the client's connection: (1) find or open a
/// connection, (2) open a stream, (3) send the body while (4) the response head is awaited, (5) bring the response to the
/// client, (6) give the stream back. One per request context, used again and again; on the loop.
/// </summary>
internal sealed class Http2Exchange : LoopExchange
{
    // A backend that goes away again and again is not waited for.
    private const int MaxMoves = 3;

    private static readonly TimeSpan ContinueTimeout = TimeSpan.FromSeconds(1);

    private readonly Http2BodyPump _pump;
    private Http2Stream? _stream;
    private Task _pumping = Task.CompletedTask;
    private LoopTimer? _continueTimer;
    private bool _awaitsContinue;

    public Http2Exchange(RequestContext request, RouterState state)
        : base(request, state)
    {
        _pump = new Http2BodyPump(request, new RequestBodyReader(request));
    }

    /// <summary>Whether this client does it: HTTP/2 for a client on an event loop. Tunnels go another way.</summary>
    public static bool CanSend(RequestContext request, Cluster cluster) =>
        request.Connection.Loop is not null && cluster.ProtocolFor(request.ClientProtocol) == UpstreamProtocol.Http2 &&
        cluster.Config.ProxyHeader == ProxyHeaderVersion.None && request.Upgrade is null && !HttpMethods.IsConnect(request.Method);

    /// <summary>Sends the request to an endpoint and the answer to the client. On the loop.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamOutcome> SendAsync(Cluster cluster, UpstreamEndpoint endpoint)
    {
        Http2Pool pool = endpoint.Http2.For(Request.Connection.Loop!, cluster, Request.Authority);
        Begin();
        try
        {
            for (int moves = 0; ; moves++)
            {
                // (1)
                Http2Connection? connection = pool.TryFind();
                while (connection is null)
                {
                    if (!cluster.Breakers.TryBeginPending())
                        return new UpstreamOutcome(UpstreamOutcomeKind.Overflow);
                    Http2Failure failure = await WaitAsync(pool, cluster);
                    if (failure != Http2Failure.None)
                        return Outcome(failure, answered: false);
                    connection = pool.TryFind();
                }

                UpstreamOutcome? outcome = await ExchangeAsync(connection, cluster, endpoint, moves < MaxMoves);
                if (outcome is { } done)
                    return done;
            }
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
            Finish();
        }
    }

    private async ValueTask<Http2Failure> WaitAsync(Http2Pool pool, Cluster cluster)
    {
        try
        {
            return await pool.WaitAsync(Gone);
        }
        finally
        {
            cluster.Breakers.EndPending();
        }
    }

    /// <returns>Null = the backend did not look at it: it can go over another connection.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<UpstreamOutcome?> ExchangeAsync(Http2Connection connection, Cluster cluster, UpstreamEndpoint endpoint, bool mayMove)
    {
        // (2)
        _pump.Reset(Request.HasBody);
        _pumping = Task.CompletedTask;
        Http2RequestHead.Write(connection.Encoder, Request, cluster.Config.Tls is not null);
        Http2Stream stream = _stream = connection.Open(!Request.HasBody, HttpMethods.IsHead(Request.Method));
        try
        {
            // (3), (4)
            BeginBody(stream);
            await ReceiveHeadAsync(stream);
            if (stream.Status == 0)
            {
                bool moves = mayMove && stream.Failure == Http2Failure.Unprocessed && !_pump.IsBegun && !HasEnded;
                return moves ? null : Outcome(stream.Failure, answered: false, connection.Fault);
            }

            // (5)
            Request.Info.UpstreamLocalAddress = connection.LocalAddress;
            ResponseLines.Copy(Request.Http.Response, stream.Status, stream.Head, stream.ContentLength);
            UpstreamResponse.Report(Request, cluster, endpoint);
            if (!State.Accepts(Request.Http.Response))
                return new UpstreamOutcome(UpstreamOutcomeKind.Refused);
            UpstreamResponse.Finish(Request, stream.Status);
            Http2Failure failure = stream.Failure;
            if (failure == Http2Failure.None && !(stream.RemoteEnded && stream.Buffered == 0))
                failure = await Http2Relay.CopyBodyAsync(Request, stream);
            if (HasEnded)
                return Ended();
            if (failure != Http2Failure.None)
            {
                // The head was taken: what follows is its end, not another answer.
                await Request.Http.Response.StartAsync();
                return Outcome(failure, answered: true);
            }

            Http2Relay.CopyTrailers(Request, stream);
            return default(UpstreamOutcome);
        }
        finally
        {
            // (6) What failed may have failed on another thread.
            await connection.Loop.SwitchAsync();
            _stream = null;
            ClearContinue(connection.Loop);
            if (!_pumping.IsCompleted)
            {
                _pump.Stop();
                await _pumping;
                await connection.Loop.SwitchAsync();
            }

            connection.Release(stream);
        }
    }

    private void BeginBody(Http2Stream stream)
    {
        _awaitsContinue = Request.HasBody && Request.Headers.ContainsKey(HeaderNames.Expect);
        if (!Request.HasBody)
            return;
        if (!_awaitsContinue)
        {
            _pumping = _pump.RunAsync(stream);
            return;
        }

        // Servers need not say 100 (RFC 9110 section 10.1.1).
        _continueTimer ??= new LoopTimer(static state => ((Http2Exchange)state!).Continue(), this);
        stream.Connection.Loop.Timers.Set(_continueTimer, ContinueTimeout);
    }

    // Reading the body is what makes the server tell the client to go on.
    private void Continue()
    {
        if (!_awaitsContinue || _stream is not { IsOpen: true } stream)
            return;
        ClearContinue(stream.Connection.Loop);
        _pumping = _pump.RunAsync(stream);
    }

    private void ClearContinue(EventLoop loop)
    {
        _awaitsContinue = false;
        if (_continueTimer is { IsSet: true } timer)
            loop.Timers.Clear(timer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveHeadAsync(Http2Stream stream)
    {
        while (stream.Status == 0 && stream.Failure == Http2Failure.None)
        {
            await stream.WaitAsync();
            if (stream.MayContinue)
                Continue();
        }
    }

    private UpstreamOutcome Outcome(Http2Failure failure, bool answered, string? alert = null)
    {
        if (HasEnded)
            return Ended();
        if (_pump.State == BodyState.ClientFailed)
            return UpstreamFailure.OfRequestBody(_pump.Fault);
        return failure switch
        {
            Http2Failure.ConnectionEnded when answered => new UpstreamOutcome(UpstreamOutcomeKind.ResponseAborted, "The response ended before its end."),
            Http2Failure.ConnectionEnded => UpstreamFailure.OfEnd(alert),
            Http2Failure.Reset => new UpstreamOutcome(UpstreamOutcomeKind.RemoteReset),
            Http2Failure.Refused or Http2Failure.Unprocessed => new UpstreamOutcome(UpstreamOutcomeKind.RemoteRefused),
            Http2Failure.Protocol => new UpstreamOutcome(UpstreamOutcomeKind.ProtocolError),
            Http2Failure.Cancelled when answered => new UpstreamOutcome(UpstreamOutcomeKind.ResponseNotTaken),
            _ => new UpstreamOutcome(UpstreamOutcomeKind.LocalReset),
        };
    }

    protected override void Cancel()
    {
        if (_stream is { } stream)
            stream.Connection.Cancel(stream);
    }
}
