using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Config.Diagnostics;
using Gateway.Forwarding;
using Gateway.Http;
using Gateway.Http.Filters;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.ExtAuthz;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Http.Filters.Rbac;
using Gateway.Listeners;
using Gateway.Snapshot;
using Gateway.Streams;
using Gateway.Tcp;
using Gateway.Tls;
using Gateway.Tls.OpenSsl;
using Gateway.Transport;
using Microsoft.Extensions.Logging;

namespace Gateway.Hosting;

/// <summary>
/// Everything that carries traffic, put together. Made, started (no port is bound yet), given snapshots by
/// <see cref="ApplyAsync"/> as often as the configuration changes, drained, disposed.
/// </summary>
internal sealed partial class DataPlane : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly HttpEngine _engine;
    private readonly RequestApplication _application;
    private readonly DrainSignal _drain = new();
    private readonly SnapshotPublisher _publisher;

    public DataPlane(DataPlaneOptions options, IStreamSink sink, ILoggerFactory loggers, TimeProvider time)
    {
        _time = time;
        var limits = new ConnectionLimits
        {
            MaxConnections = options.MaxConnections,
            OpeningDeadline = options.OpeningDeadline,
            DrainTime = options.DrainTime,
            ProxyHeadersFrom = options.ProxyHeadersFrom,
        };
        var binding = new PortBinding { PortMap = options.PortMap, EphemeralPorts = options.EphemeralPorts, DefaultBind = options.DefaultBind };
        var handoff = new ConnectionHandoff();
        Snapshots = new SnapshotStore();
        Denials = new EgressDenials(time);
        ILogger<DataPlane> logger = loggers.CreateLogger<DataPlane>();
        OpenSslEngine? openSsl = options is { Transport: TransportKind.EventLoop, Tls: TlsKind.OpenSsl }
            ? new OpenSslEngine(time, problem => Log.LeftToSslStream(logger, problem))
            : null;
        TlsEvents = new TlsEvents(loggers.CreateLogger<TlsEvents>());
        Certificates = new CertificateStore(time, options.SystemAuthorities, openSsl, TlsEvents, Issued);
        var tcp = new TcpProxy(Snapshots.FindTarget, sink, Denials, Random.Shared, time);
        var exhaustion = new ExhaustionLog(loggers.CreateLogger<ExhaustionLog>(), time);
        _engine = new HttpEngine(handoff, tcp, limits, sink, time, loggers, new ConnectGate(connection => Snapshots.FindChain(connection)?.Routes.Proxy is not null), exhaustion.Note);
        ResolverConfig resolver = options.Resolver ?? ResolverConfig.FromSystem();
        DnsResolver dns = Resolver = new DnsResolver(resolver, time);
        Names = new DnsHosts(dns, time, Random.Shared);
        Clusters = new ClusterRegistry(Names, time, Certificates.Find);
        Tokens = new JwtRegistry(dns, Certificates.Find, options.JwksTiming, time, loggers);
        RateLimits = new RateLimitRegistry(time, loggers);
        if (options.Transport == TransportKind.EventLoop)
        {
            ILogger log = loggers.CreateLogger<EventLoop>();
            Loops = new EventLoopGroup(new EventLoopOptions { Loops = options.EventLoops, OnExhausted = exhaustion.Note }, exception => Log.EscapedLoop(log, exception));
        }
        Listeners = new ListenerManager(binding, limits, Loops is null ? _engine.Transport : new EventLoopTransportFactory(Loops), handoff, tcp, TlsChallenges, time, loggers);
        Mirrors = new MirrorSender(new MirrorOptions(Random.Shared), time);
        var retries = new RouterOptions(Random.Shared, Denials)
        {
            ReplayBytes = options.RetryBufferBytes,
            OwnClient = Loops is not null && options.UpstreamClient == UpstreamClientKind.Own,
        };
        var router = new Router(YarpForwarder.Create(time), retries, Mirrors);
        _publisher = new SnapshotPublisher(
            Snapshots, Clusters, Certificates, Listeners, Tokens, RateLimits, new FilterOrder(router, Random.Shared, PolicyStats, ExtAuthzStats, TokenStats, Challenges, loggers), options.DrainTime, time)
        {
            TellsMisdirected = options.TellsMisdirected,
        };
        var pipeline = new RequestPipeline(Snapshots.FindChain, Denials, Random.Shared, loggers.CreateLogger<RequestPipeline>());
        _application = new RequestApplication(pipeline, _drain, sink, time);
    }

    /// <summary>The event loops; null = .NET's sockets carry the traffic.</summary>
    public EventLoopGroup? Loops { get; }

    /// <summary>The bound ports.</summary>
    public ListenerManager Listeners { get; }

    /// <summary>Sends copies of requests.</summary>
    public MirrorSender Mirrors { get; }

    /// <summary>The live clusters.</summary>
    public ClusterRegistry Clusters { get; }

    /// <summary>How clients' handshakes end.</summary>
    public TlsEvents TlsEvents { get; }

    /// <summary>What forward proxies have refused.</summary>
    public EgressDenials Denials { get; }

    /// <summary>The names that are kept up to date.</summary>
    public DnsHosts Names { get; }

    /// <summary>The certificates in use, without private parts.</summary>
    public CertificateStore Certificates { get; }

    /// <summary>Finds addresses.</summary>
    public DnsResolver Resolver { get; }

    /// <summary>Certificates that the gateway orders by itself.</summary>
    public IssuedCertificates Issued { get; } = new();

    /// <summary>Where requests of certificate authorities find their answers.</summary>
    public ChallengeStore Challenges { get; } = new();

    /// <summary>Where handshakes of certificate authorities find their answers.</summary>
    public TlsAlpnChallenges TlsChallenges { get; } = new();

    /// <summary>The keys of tokens.</summary>
    public JwtRegistry Tokens { get; }

    /// <summary>The rate limits and their buckets.</summary>
    public RateLimitRegistry RateLimits { get; }

    /// <summary>Counts of decisions of policies.</summary>
    public RbacStats PolicyStats { get; } = new();

    /// <summary>Counts of answers of external authorization services.</summary>
    public ExtAuthzStats ExtAuthzStats { get; } = new();

    /// <summary>Counts of decisions about tokens.</summary>
    public JwtStats TokenStats { get; } = new();

    /// <summary>The snapshot in force.</summary>
    public SnapshotStore Snapshots { get; }

    /// <summary>Starts the HTTP server. No port is bound before the first <see cref="ApplyAsync"/>.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => _engine.StartAsync(_application, cancellationToken);

    /// <summary>Brings a snapshot into force: link, bind, swap, accept, retire.</summary>
    /// <returns>Ports and certificates that cannot be used; everything else is served.</returns>
    public Task<ImmutableArray<Diagnostic>> ApplyAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken) =>
        _publisher.PublishAsync(snapshot, cancellationToken);

    /// <summary>Asks clients, with the answers to their requests, to go elsewhere; everything is still served.</summary>
    public void BeginDrain() => _drain.Begin();

    /// <summary>
    /// Ends gracefully: ports are closed, clients are asked to end their connections after the requests under way, and what
    /// is left when <paramref name="limit"/> is over or <paramref name="cancellationToken"/> fires is aborted.
    /// </summary>
    public async Task DrainAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await Listeners.EndAsync(either.Token);
        await _engine.StopAsync(either.Token);
        // TCP sessions are not the HTTP server's.
        await Listeners.RunDryAsync(either.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        await DrainAsync(TimeSpan.Zero, CancellationToken.None);
        await Listeners.DisposeAsync();
        await _engine.DisposeAsync();
        Clusters.Dispose();
        Tokens.Dispose();
        Names.Dispose();
        await RateLimits.DisposeAsync();
        Loops?.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "An exception escaped on an event loop; the loop goes on.")]
        public static partial void EscapedLoop(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "OpenSSL is not used for a filter chain, SslStream is: {Problem}.")]
        public static partial void LeftToSslStream(ILogger logger, string problem);
    }
}
