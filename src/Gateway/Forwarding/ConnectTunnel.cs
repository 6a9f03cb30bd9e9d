using System.Buffers;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Http;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding;

/// <summary>
/// Serves CONNECT: a connection to an endpoint, then bytes in both directions until both sides have ended, or neither
/// says anything for as long as the destination's idle timeout. Endpoints that cannot be reached are followed by others.
/// </summary>
internal static class ConnectTunnel
{
    private const int MaxAttempts = 3;
    private const int BufferBytes = 16 * 1024;

    /// <summary>Takes a request to its end.</summary>
    public static async ValueTask RunAsync(RequestContext request, Cluster cluster)
    {
        if (request.IsHttp1 && request.Http.Features.Get<ITunnelFeature>() is null)
        {
            // Its port became a proxy's while it was open.
            await LocalReply.SendAsync(request, 503, "this connection is older than the proxy: open another", ResponseFlags.NoRouteFound, "connection_without_tunnels");
            return;
        }
        CancellationToken gone = request.Http.RequestAborted;
        UpstreamOutcome outcome = default;
        List<UpstreamEndpoint> tried = [];
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            UpstreamEndpoint? endpoint = cluster.Pick(attempt: attempt);
            if (endpoint is null || tried.Contains(endpoint))
                continue;
            tried.Add(endpoint);
            request.Info.UpstreamHost = endpoint.Address;
            try
            {
                await using Stream upstream = await cluster.Connector.ConnectTunnelAsync(
                    endpoint.EndPoint, request.Authority, cluster.Connector.Preamble(request.Connection.RemoteEndPoint, request.Connection.LocalEndPoint), gone);
                endpoint.Begin();
                try
                {
                    await CarryAsync(request, upstream, cluster.Config.IdleTimeout);
                }
                finally
                {
                    endpoint.End();
                }
                return;
            }
            catch (SocketException e)
            {
                bool timedOut = e.SocketErrorCode == SocketError.TimedOut;
                endpoint.CountConnectFailure();
                cluster.ReportFailure(endpoint, timedOut);
                outcome = timedOut
                    ? new UpstreamOutcome(UpstreamOutcomeKind.ConnectTimeout)
                    : new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure, $"delayed connect error: {e.Message}");
            }
            catch (AuthenticationException e)
            {
                endpoint.CountConnectFailure();
                cluster.ReportFailure(endpoint, timedOut: false);
                outcome = new UpstreamOutcome(UpstreamOutcomeKind.ConnectFailure, $"TLS_error:|{e.Message}:TLS_error_end");
            }
        }
        await UpstreamFailure.AnswerAsync(request, outcome, tried.Count, retriesUsedUp: tried.Count == MaxAttempts);
    }

    private static async Task CarryAsync(RequestContext request, Stream upstream, TimeSpan idleTimeout)
    {
        request.Info.ResponseCodeDetails = "via_upstream";
        (Stream fromClient, Stream toClient) = await AcceptAsync(request);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(request.Http.RequestAborted);
        var clock = new IdleClock(over, idleTimeout, request.Time);
        await using ITimer timer = clock.Start();
        Task up = CopyAsync(fromClient, upstream, clock, static stream => EndSending(stream), over);
        Task down = CopyAsync(upstream, toClient, clock, static _ => { }, over);
        // An upstream that has ended leaves the client nothing to wait for: HTTP has no way to end one side alone.
        await Task.WhenAny(down, Task.WhenAll(up, down));
        await over.CancelAsync();
        await up;
        await down;
        if (clock.HasFired)
        {
            request.Info.Flags |= ResponseFlags.StreamIdleTimeout;
            request.Info.ConnectionTerminationDetails = "idle_timeout";
        }
    }

    private static async ValueTask<(Stream From, Stream To)> AcceptAsync(RequestContext request)
    {
        HttpResponse response = request.Http.Response;
        request.Info.ResponseCode = response.StatusCode = StatusCodes.Status200OK;
        if (request.IsHttp1)
        {
            ITunnelFeature tunnel = request.Http.Features.GetRequiredFeature<ITunnelFeature>();
            var both = new CountedDuplex(await tunnel.AcceptAsync(request.Http.RequestAborted), request.Info);
            return (both, both);
        }
        request.CountResponseBody();
        await response.StartAsync(request.Http.RequestAborted);
        IHttpResponseBodyFeature body = request.Http.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        body.DisableBuffering();
        // On HTTP/2 Kestrel keeps the head until something is to be sent, and the client sends nothing without it.
        await body.Stream.FlushAsync(request.Http.RequestAborted);
        return (request.Http.Request.Body, body.Stream);
    }

    private static async Task CopyAsync(Stream from, Stream to, IdleClock clock, Action<Stream> end, CancellationTokenSource over)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await from.ReadAsync(buffer, over.Token) is var count and > 0)
            {
                clock.Touch();
                await to.WriteAsync(buffer.AsMemory(0, count), over.Token);
                await to.FlushAsync(over.Token);
            }
            end(to);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // A side that breaks ends the tunnel.
            await over.CancelAsync();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void EndSending(Stream stream)
    {
        if (stream is NetworkStream network)
            network.Socket.Shutdown(SocketShutdown.Send);
    }

    /// <summary>Ends a tunnel in which nothing moves.</summary>
    private sealed class IdleClock(CancellationTokenSource over, TimeSpan limit, TimeProvider time)
    {
        private long _touched = time.GetTimestamp();
        private ITimer? _timer;

        public bool HasFired { get; private set; }

        public void Touch() => Volatile.Write(ref _touched, time.GetTimestamp());

        public ITimer Start() => _timer = time.CreateTimer(static state => ((IdleClock)state!).Look(), this, limit, Timeout.InfiniteTimeSpan);

        private void Look()
        {
            TimeSpan left = limit - time.GetElapsedTime(Volatile.Read(ref _touched));
            if (left > TimeSpan.Zero)
            {
                _timer?.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
            HasFired = true;
            try
            {
                over.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended by itself at this moment.
            }
        }
    }
}
