using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Gateway.Tcp;

/// <summary>
/// Carries connections whose bytes are passed on as they are: plain TCP, TLS that was ended here, TLS that passes
/// unopened. Chooses the destination, connects, moves bytes and reports to the sink. Thread-safe.
/// </summary>
/// <param name="findTarget">Where a connection goes by the snapshot in force; null = its chain is gone.</param>
/// <param name="sink">Takes notice of sessions.</param>
/// <param name="denials">Remembers what is refused to clients on their way out.</param>
/// <param name="random">Draws among weighted destinations.</param>
/// <param name="time">The clock.</param>
internal sealed class TcpProxy(Func<DownstreamConnection, TcpTarget?> findTarget, IStreamSink sink, EgressDenials denials, Random random, TimeProvider time)
{
    /// <summary>Carries one connection to its end. The caller owns it and disposes of it afterwards.</summary>
    public async Task RunAsync(ConnectionContext connection, DownstreamConnection facts)
    {
        connection.Features.Set<IConnectionLifetimeNotificationFeature>(new NoNotice(connection));
        var info = new StreamInfo { StartTime = time.GetUtcNow(), StartTimestamp = time.GetTimestamp(), Connection = facts };
        bool isGraceful = false;
        Cluster? cluster = null;
        Cluster? named = null;
        try
        {
            if (findTarget(facts) is not { } target)
            {
                info.Flags |= ResponseFlags.NoRouteFound;
                return;
            }
            if (target.Authorization is { } policies && !await policies.AllowsAsync(info, target.Clusters, time))
                return;
            if (Choose(target, info) is not { } chosen)
                return;
            cluster = chosen;
            sink.OnTcpOpened(info);
            if (cluster.Dynamic is { } names)
            {
                if ((named = await FindByNameAsync(names, facts, info)) is null)
                    return;
                chosen = named;
            }
            if (chosen.Pick() is not { } endpoint)
            {
                info.Flags |= ResponseFlags.NoHealthyUpstream;
                return;
            }
            info.UpstreamHost = endpoint.Address;
            if (await ConnectAsync(chosen, endpoint, facts, info) is not { } upstream)
                return;
            info.UpstreamLocalAddress = upstream.LocalEndPoint is { } local ? DownstreamConnection.TextOf(local) : null;
            endpoint.Begin();
            try
            {
                var session = new TcpSession(new TcpDownstream(connection), upstream, time);
                using (new TcpWatch(session, info, chosen.Config, sink, time))
                    await session.RunAsync();
                isGraceful = true;
            }
            finally
            {
                endpoint.End();
                upstream.Close(reset: false);
            }
        }
        finally
        {
            if (named is not null)
                cluster!.Dynamic!.Return(named);
            cluster?.EndSession();
            if (!isGraceful)
                connection.Abort(new ConnectionAbortedException("The destination of the connection cannot be reached."));
            if (cluster is null)
                sink.OnTcpOpened(info);
            info.Duration = time.GetElapsedTime(info.StartTimestamp);
            sink.OnTcpClosed(info);
        }
    }

    /// <summary>Remembers a server name that clients may not reach, so that it can be allowed.</summary>
    /// <param name="serverName">The name.</param>
    /// <param name="port">The listener's port.</param>
    /// <param name="source">The client.</param>
    /// <param name="reason">Why it is refused.</param>
    public void NoteRefusal(string serverName, int port, EndPoint? source, string reason) =>
        denials.Note(new EgressDenial(serverName.ToLowerInvariant(), port, EgressDenial.Tls, serverName, source is null ? "" : DownstreamConnection.TextOfIp(source)), reason);

    /// <summary>The cluster, with a session begun; null = there is none, which is noted.</summary>
    private Cluster? Choose(TcpTarget target, StreamInfo info)
    {
        WeightedCluster destination = target.Action.Pick((ulong)random.NextInt64());
        info.UpstreamCluster = destination.Cluster;
        if (destination.ClusterIndex < 0)
        {
            info.Flags |= ResponseFlags.NoClusterFound;
            return null;
        }
        Cluster cluster = target.Clusters[destination.ClusterIndex];
        info.Destination = cluster.Config.Identity;
        if (cluster.TryBeginSession())
            return cluster;
        info.Flags |= ResponseFlags.UpstreamOverflow;
        return null;
    }

    /// <summary>The destination that the client's TLS names; null = there is none, which is noted.</summary>
    private async ValueTask<Cluster?> FindByNameAsync(DynamicClusters names, DownstreamConnection facts, StreamInfo info)
    {
        DynamicResult found = await names.FindAsync(facts.RequestedServerName ?? "", facts.Closed);
        info.Flags |= found.Outcome switch
        {
            DynamicOutcome.Found => ResponseFlags.None,
            DynamicOutcome.Refused => ResponseFlags.NoRouteFound,
            DynamicOutcome.Overflow => ResponseFlags.UpstreamOverflow,
            _ => ResponseFlags.DnsResolutionFailed,
        };
        if (found.Cluster is null)
            info.UpstreamTransportFailureReason = found.Reason;
        if (found.Outcome == DynamicOutcome.Refused)
            NoteRefusal(facts.RequestedServerName ?? "", facts.ListenerPort, facts.RemoteEndPoint, found.Reason);
        return found.Cluster;
    }

    private static async ValueTask<TcpUpstream?> ConnectAsync(Cluster cluster, UpstreamEndpoint endpoint, DownstreamConnection facts, StreamInfo info)
    {
        bool timedOut = false;
        try
        {
            TcpUpstream upstream = await TcpConnector.ConnectAsync(
                cluster, endpoint, facts.Loop, cluster.Connector.Preamble(facts.RemoteEndPoint, facts.LocalEndPoint), CancellationToken.None);
            cluster.ReportStatus(endpoint, 200, 200);
            return upstream;
        }
        catch (SocketException e)
        {
            timedOut = e.SocketErrorCode == SocketError.TimedOut;
            info.UpstreamTransportFailureReason = timedOut
                ? "connection timeout"
                : string.Create(CultureInfo.InvariantCulture, $"delayed connect error: {e.Message}");
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            info.UpstreamTransportFailureReason = $"TLS_error:|{e.Message}:TLS_error_end";
        }
        // As in Envoy, whose one attempt is all of them.
        info.Flags |= ResponseFlags.UpstreamConnectionFailure | ResponseFlags.UpstreamRetryLimitExceeded;
        endpoint.CountConnectFailure();
        cluster.ReportFailure(endpoint, timedOut);
        return null;
    }

    /// <summary>What bytes mean is not known, so nobody can be asked to end: a session goes on until it ends or the drain time is over.</summary>
    private sealed class NoNotice(ConnectionContext connection) : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; } = connection.ConnectionClosed;

        public void RequestClose()
        {
        }
    }
}
