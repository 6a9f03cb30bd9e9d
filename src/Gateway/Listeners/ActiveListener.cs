using System.Net;
using Gateway.Streams;
using Gateway.Tcp;
using Gateway.Tls;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Gateway.Listeners;

/// <summary>
/// One bound port. Bound first; accepts from <see cref="StartAccepting"/> on; <see cref="Update"/> changes its chains
/// while it runs; <see cref="StopAcceptingAsync"/> closes the port and leaves the connections to <see cref="DrainAsync"/>;
/// disposed when they are gone. Owned by <see cref="ListenerManager"/>.
/// </summary>
internal sealed partial class ActiveListener : IAsyncDisposable
{
    private static readonly TimeSpan AcceptFaultPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan DrainPollInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan OpeningPollInterval = TimeSpan.FromMilliseconds(10);

    // What a client has sent already arrives in less; who has sent nothing loses nothing.
    private static readonly TimeSpan OpeningGrace = TimeSpan.FromSeconds(1);

    private readonly IConnectionListener _socket;
    private readonly ConnectionHandoff _handoff;
    private readonly TcpProxy _tcp;
    private readonly TlsAlpnChallenges _challenges;
    private readonly ConnectionCount _count;
    private readonly ConnectionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _ended;
    private volatile ListenerChains _chains;
    private volatile bool _stopping;
    private Task _accepting = Task.CompletedTask;

    public ActiveListener(
        ListenerConfig config, ListenerChains chains, IConnectionListener socket, ConnectionHandoff handoff,
        TcpProxy tcp, TlsAlpnChallenges challenges, ConnectionCount count, ConnectionLimits limits, TimeProvider time, ILogger logger, CancellationToken ended)
    {
        Config = config;
        _chains = chains;
        _socket = socket;
        _handoff = handoff;
        _tcp = tcp;
        _challenges = challenges;
        _count = count;
        _limits = limits;
        _time = time;
        _logger = logger;
        _ended = ended;
        Open = new OpenConnections(count);
    }

    /// <summary>The configuration in force.</summary>
    public ListenerConfig Config { get; private set; }

    /// <summary>The address that is really bound.</summary>
    public EndPoint EndPoint => _socket.EndPoint;

    /// <summary>Its connections.</summary>
    public OpenConnections Open { get; }

    /// <summary>How often accepting rested because the process was short of descriptors.</summary>
    public long Pauses => (_socket as IRestingListener)?.Pauses ?? 0;

    /// <summary>Begins to take connections; before that the kernel queues them.</summary>
    public void StartAccepting()
    {
        if (_accepting.IsCompleted && !_stopping)
            _accepting = AcceptAsync();
    }

    /// <summary>Takes new chains. Connections of chains that are gone, or whose TLS settings changed, are drained.</summary>
    public void Update(ListenerConfig config, ListenerChains chains)
    {
        ListenerChains before = _chains;
        _chains = chains;
        Config = config;
        HashSet<string> ended = new(StringComparer.Ordinal);
        foreach (ListenerChain chain in before.All)
        {
            if (!chains.All.Any(now => now.Key == chain.Key && now.Tls == chain.Tls))
                ended.Add(chain.Key);
        }
        if (ended.Count > 0)
            _ = DrainAsync(connection => connection is not null && ended.Contains(connection.FilterChainKey), _ended);
    }

    /// <summary>Closes the port. Open connections stay.</summary>
    public async Task StopAcceptingAsync()
    {
        _stopping = true;
        await _socket.UnbindAsync();
        await _accepting;
    }

    /// <summary>
    /// Asks connections to end after their requests under way; those that are only opening, whose first request may be on
    /// its way, get a moment for it. After the drain time, or when <paramref name="hurry"/> fires, they are aborted.
    /// </summary>
    public async Task DrainAsync(Func<DownstreamConnection?, bool> which, CancellationToken hurry)
    {
        long start = _time.GetTimestamp();
        Open.RequestClose(which, abortsOpening: false);
        while (Open.Any(which) && _time.GetElapsedTime(start) < _limits.DrainTime && !hurry.IsCancellationRequested)
        {
            await Task.Delay(DrainPollInterval, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Open.RequestClose(which, abortsOpening: _time.GetElapsedTime(start) >= OpeningGrace);
        }
        Open.Abort(which);
    }

    /// <summary>Waits until the HTTP server has all connections that were accepted, a moment at most.</summary>
    public async Task OpenedAsync(CancellationToken hurry)
    {
        long start = _time.GetTimestamp();
        while (Open.AnyOpening && _time.GetElapsedTime(start) < OpeningGrace && !hurry.IsCancellationRequested)
            await Task.Delay(OpeningPollInterval, _time, hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Frees the socket and its memory pool: only when no connection is left that uses it.</summary>
    public ValueTask DisposeAsync() => _socket.DisposeAsync();

    private async Task AcceptAsync()
    {
        await Task.Yield();
        // What was accepted before the port was closed is served.
        while (true)
        {
            try
            {
                if (await _socket.AcceptAsync() is not { } connection)
                    return;
                if (_count.Value >= _limits.MaxConnections)
                {
                    Log.TooManyConnections(_logger, Config.Name, _limits.MaxConnections);
                    await EndAsync(connection);
                    continue;
                }
                Open.Add(connection);
                _ = OpenAsync(connection);
            }
            catch (Exception e)
            {
                // Whatever it is, it must not end the port.
                Log.AcceptFailed(_logger, e, Config.Name);
                if (_stopping)
                    return;
                await Task.Delay(AcceptFaultPause, _time);
            }
        }
    }

    private async Task OpenAsync(ConnectionContext connection)
    {
        var deadline = new OpeningDeadline(connection, _limits.OpeningDeadline, _time);
        bool handedOff = false;
        try
        {
            ListenerChains chains = _chains;
            handedOff = Config.ReadsProxyHeader && !await TakeProxyHeaderAsync(connection, deadline) ? false : chains is { Plain: { } plain, HasTls: false }
                ? await OpenPlainAsync(connection, plain, deadline)
                : await OpenTlsAsync(connection, chains, deadline);
        }
        catch (Exception e)
        {
            Log.OpeningFailed(_logger, e, Config.Name);
        }
        if (handedOff)
            return;
        deadline.Dispose();
        await EndAsync(connection);
    }

    /// <summary>False = the peer may not send such a header, or has sent none: what it sends cannot be told from what it forwards.</summary>
    private async ValueTask<bool> TakeProxyHeaderAsync(ConnectionContext connection, OpeningDeadline deadline)
    {
        if (_limits.ProxyHeadersFrom.Contain(connection.RemoteEndPoint) && await ProxyHeaderReader.ReadAsync(connection.Transport.Input, deadline.Token) is { } header)
        {
            connection.Features.Set(header);
            return true;
        }
        Log.NoProxyHeader(_logger, Config.Name, connection.RemoteEndPoint);
        return false;
    }

    private async ValueTask<bool> OpenPlainAsync(ConnectionContext connection, ListenerChain chain, OpeningDeadline deadline)
    {
        // In some protocols the server speaks first: nothing is waited for.
        if (chain.Config.Tcp is not null)
            return await PassAsync(connection, Describe(connection, chain, null), deadline);
        if (await PrefaceSniffer.SniffAsync(connection.Transport.Input, deadline.Token) is not { } codec)
            return false;
        deadline.Dispose();
        connection.Features.Set(Describe(connection, chain, null));
        return _handoff.TryHandOff(codec, connection);
    }

    private async ValueTask<bool> OpenTlsAsync(ConnectionContext connection, ListenerChains chains, OpeningDeadline deadline)
    {
        if (await ClientHelloReader.ReadAsync(connection.Transport.Input, deadline.Token) is not { } hello)
            return chains.Plain is { } plain && await OpenPlainAsync(connection, plain, deadline);
        if (hello is { IsAcmeChallenge: true, ServerName: { } name } && await _challenges.FindAsync(name) is { } answer)
        {
            await ChallengeHandshake.AnswerAsync(connection, answer, deadline.Token);
            return false;
        }
        ListenerChain? chain = chains.Find(hello.ServerName, hello.OffersMeshProtocol);
        // What TCP carries may be TLS.
        if (chain is null && chains.Plain is { Config.Tcp: not null } carrier)
            return await OpenPlainAsync(connection, carrier, deadline);
        if (chain is { Config.IsPassthrough: true })
            return await PassAsync(connection, Describe(connection, chain, hello.ServerName), deadline);
        if (chain?.Context is not { IsUsable: true } tls)
        {
            Log.NoChain(_logger, Config.Name, hello.ServerName ?? "(none)");
            if (chain is null && chains.IsEgress && hello.ServerName is { } wanted)
                _tcp.NoteRefusal(wanted, Config.Port, connection.RemoteEndPoint, "no tls route of the port has this server name");
            return false;
        }
        DownstreamConnection facts = Describe(connection, chain, hello.ServerName);
        connection.Features.Set(facts);
        if (tls.OpenSsl is { } openSsl && connection is EventLoopConnection onLoop)
        {
            bool succeeded = await OpenSslHandshake.TryAcceptAsync(openSsl, onLoop, facts, deadline, Config.Name, _logger);
            tls.Events?.OnHandshake(succeeded);
            if (!succeeded)
                return false;
            return chain.Config.Tcp is null ? _handoff.TryHandOff(Codec.Tls, connection) : await PassAsync(connection, facts, deadline);
        }
        if (tls.Choose(hello.Ecdsa) is not { } options)
            return false;
        connection.Features.Set(new PendingHandshake(options, deadline, tls.Events));
        return _handoff.TryHandOff(chain.Config.Tcp is null ? Codec.Tls : Codec.TlsTcp, connection);
    }

    /// <summary>Carries a connection whose bytes are not looked into, to its end.</summary>
    private async ValueTask<bool> PassAsync(ConnectionContext connection, DownstreamConnection facts, OpeningDeadline deadline)
    {
        deadline.Dispose();
        connection.Features.Set(facts);
        if (facts.Loop is { } loop)
            await loop.SwitchAsync();
        await _tcp.RunAsync(connection, facts);
        await connection.DisposeAsync();
        return true;
    }

    private DownstreamConnection Describe(ConnectionContext connection, ListenerChain chain, string? serverName)
    {
        ProxyHeader? proxy = Config.ReadsProxyHeader ? connection.Features.Get<ProxyHeader>() : null;
        EndPoint remote = proxy?.Source ?? connection.RemoteEndPoint ?? new IPEndPoint(IPAddress.None, 0);
        EndPoint local = proxy?.Destination ?? connection.LocalEndPoint ?? EndPoint;
        return new DownstreamConnection
        {
            ListenerPort = Config.Port,
            ListenerName = Config.Name,
            FilterChainName = chain.Name,
            FilterChainKey = chain.Key,
            IsTls = chain.Tls is not null,
            RequestedServerName = serverName,
            RemoteEndPoint = remote,
            DirectEndPoint = proxy?.Source is null ? null : connection.RemoteEndPoint,
            LocalEndPoint = local,
            RemoteAddress = DownstreamConnection.TextOf(remote),
            LocalAddress = DownstreamConnection.TextOf(local),
            RemoteIp = DownstreamConnection.TextOfIp(remote),
            LocalIp = DownstreamConnection.TextOfIp(local),
            Loop = connection.Features.Get<IEventLoopFeature>()?.Loop,
            Closed = connection.ConnectionClosed,
        };
    }

    private static async Task EndAsync(ConnectionContext connection)
    {
        connection.Abort(new ConnectionAbortedException("The gateway does not serve this connection."));
        await connection.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Listener {Listener}: a connection was refused, {Limit} are open.")]
        public static partial void TooManyConnections(ILogger logger, string listener, int limit);

        [LoggerMessage(LogLevel.Warning, "Listener {Listener}: accepting a connection failed.")]
        public static partial void AcceptFailed(ILogger logger, Exception exception, string listener);

        [LoggerMessage(LogLevel.Information, "Listener {Listener}: a connection from {Peer} was closed: no PROXY header, or not from a trusted address.")]
        public static partial void NoProxyHeader(ILogger logger, string listener, EndPoint? peer);

        [LoggerMessage(LogLevel.Debug, "Listener {Listener}: a connection was not opened.")]
        public static partial void OpeningFailed(ILogger logger, Exception exception, string listener);

        [LoggerMessage(LogLevel.Debug, "Listener {Listener}: no usable filter chain for server name {ServerName}.")]
        public static partial void NoChain(ILogger logger, string listener, string serverName);
    }
}
