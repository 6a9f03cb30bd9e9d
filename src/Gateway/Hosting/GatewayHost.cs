using System.Collections.Immutable;
using System.Net;
using Gateway.Acme;
using Gateway.Admin;
using Gateway.Config.Diagnostics;
using Gateway.Observability;
using Gateway.Observability.AccessLogs;
using Gateway.Ocsp;
using Gateway.Snapshot;
using Gateway.Sources;
using Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Hosting;

/// <summary>The configuration has errors and <see cref="BootstrapOptions.AllowInvalid"/> is not set.</summary>
internal sealed class ConfigRefusedException(ImmutableArray<Diagnostic> diagnostics) : Exception("The configuration has errors.")
{
    /// <summary>All findings.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; } = diagnostics;
}

/// <summary>
/// The composition root: one whole gateway, several of which may live in one process. Start order: own ports (not ready)
/// → data plane → first configuration → ready. End: <see cref="DrainAsync"/>, then dispose; the own ports answer to the last.
/// </summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private readonly BootstrapOptions _options;
    private readonly AccessLog _accessLog;
    private readonly GatewayMetrics _metrics = new();
    private readonly ConfigPipeline _config;
    private readonly AcmeService _acme;
    private readonly StapleService _staples;
    private readonly CertificateFilesWatch _certificateFiles;
    private readonly DrainCoordinator _drain;
    private readonly ILogger<GatewayHost> _logger;
    private readonly TaskCompletionSource _quit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AdminServer? _admin;
    private string _listening = "";

    private GatewayHost(BootstrapOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _options = options;
        _logger = loggers.CreateLogger<GatewayHost>();
        _accessLog = new AccessLog(AccessLog.OpenPath, time, loggers.CreateLogger<AccessLog>());
        RequestMetrics requests = new(_metrics.Factory, options.Workload);
        DataPlane = new DataPlane(
            new DataPlaneOptions
            {
                PortMap = options.PortMap.Ports,
                EphemeralPorts = options.PortMap.OthersAnyFree,
                DefaultBind = options.DefaultBind,
                ProxyHeadersFrom = options.ProxyHeadersFrom,
                TellsMisdirected = options.TellsMisdirected,
                Resolver = options.Resolver,
                Transport = options.Transport,
                EventLoops = options.EventLoops,
                Tls = options.Tls,
                UpstreamClient = options.UpstreamClient,
                RetryBufferBytes = options.RetryBufferBytes,
            },
            new StreamSinks(requests, new TcpMetrics(_metrics.Factory, options.Workload), _accessLog),
            loggers,
            time);
        _config = ConfigInputs.Pipeline(options, PublishAsync, new ReloadReporter(_metrics, loggers.CreateLogger<ReloadReporter>()).Report, loggers, time);
        _acme = new AcmeService(
            options.Acme, DataPlane.Issued, DataPlane.Challenges, DataPlane.TlsChallenges, DataPlane.Resolver, _config.RequestFullReload, loggers, time);
        _staples = new StapleService(() => DataPlane.Certificates.Stapled, DataPlane.Resolver, options.Staples, time, loggers.CreateLogger<StapleService>());
        _certificateFiles = new CertificateFilesWatch(_config.RequestFullReload, time);
        _drain = new DrainCoordinator(
            new DrainSteps(DataPlane.BeginDrain, DataPlane.DrainAsync),
            time,
            loggers.CreateLogger<DrainCoordinator>());
        EgressMetrics egress = new(_metrics.Factory);
        _metrics.BeforeScrape(() => ScrapedState.Update(_metrics, DataPlane, _accessLog, OrderOf));
        _metrics.BeforeScrape(() => EgressState.Update(egress, DataPlane, time));
    }

    /// <summary>Listeners, clusters, certificates, the live snapshot.</summary>
    public DataPlane DataPlane { get; }

    /// <summary>Completes when someone asked over the admin port to end the process.</summary>
    public Task QuitRequested => _quit.Task;

    /// <summary>The latest pass over the configuration.</summary>
    public PipelineResult LastPass => _config.Last;

    /// <summary>Whether new traffic is wanted: a configuration is in force and the end has not begun.</summary>
    public bool IsReady => _config.Last.Generation > 0 && !_drain.IsDraining;

    /// <summary>Starts everything; when it returns, the first configuration is served.</summary>
    /// <exception cref="ConfigRefusedException">The configuration has errors.</exception>
    /// <exception cref="AdminPortException">One of the gateway's own ports cannot be bound.</exception>
    public static async Task<GatewayHost> StartAsync(BootstrapOptions options, ILoggerFactory loggers, LogLevels levels, TimeProvider time, CancellationToken cancellationToken)
    {
        GatewayHost host = new(options, loggers, time);
        try
        {
            // Without any endpoint Kestrel would bind its default one.
            if (host.Ports(levels, time) is { Count: > 0 } ports)
            {
                host._admin = await AdminServer.StartAsync(ports, loggers, cancellationToken).ConfigureAwait(false);
                host.LogOwnPorts(ports);
            }
            await host.DataPlane.StartAsync(cancellationToken).ConfigureAwait(false);
            PipelineResult first = await host._config.StartAsync(options.AllowInvalid, cancellationToken).ConfigureAwait(false);
            return first.Succeeded || options.AllowInvalid ? host : throw new ConfigRefusedException(first.Diagnostics);
        }
        catch
        {
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where one of the own ports (<c>admin</c>, <c>health</c>, <c>metrics</c>) listens; null = it is off.</summary>
    public IPEndPoint? EndPointOf(string purpose) => _admin?.EndPointOf(purpose);

    /// <summary>How the orders of a certificate go, by <c>namespace/name</c> of its Secret; null = it is not ordered here.</summary>
    public OrderStatus? OrderOf(string key) => _acme.StatusOf(key);

    /// <summary>Reads the configuration and everything it names anew.</summary>
    public void RequestReload() => _config.RequestFullReload();

    /// <summary>Opens the access log anew, after a rotation.</summary>
    public void ReopenAccessLog() => _accessLog.Reopen();

    /// <summary>Ends traffic in good order; <paramref name="hurry"/> skips what waiting is left.</summary>
    public Task DrainAsync(CancellationToken hurry) => _drain.RunAsync(_options.DrainTime, _options.ShutdownTimeout, hurry);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _certificateFiles.DisposeAsync().ConfigureAwait(false);
        await _config.DisposeAsync().ConfigureAwait(false);
        await _staples.DisposeAsync().ConfigureAwait(false);
        await _acme.DisposeAsync().ConfigureAwait(false);
        await DataPlane.DisposeAsync().ConfigureAwait(false);
        await _accessLog.DisposeAsync().ConfigureAwait(false);
        if (_admin is not null)
            await _admin.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<Diagnostic>> PublishAsync(GatewaySnapshot snapshot, CancellationToken cancellationToken)
    {
        await _accessLog.ConfigureAsync(_options.AccessLog.Over(snapshot.Mesh)).ConfigureAwait(false);
        _certificateFiles.Watch(snapshot);
        ImmutableArray<Diagnostic> orders = await _acme.ApplyAsync(snapshot.Acme, cancellationToken).ConfigureAwait(false);
        ImmutableArray<Diagnostic> findings = await DataPlane.ApplyAsync(snapshot, cancellationToken).ConfigureAwait(false);
        _staples.Look();
        LogListening();
        return [.. orders, .. findings];
    }

    private List<AdminPort> Ports(LogLevels levels, TimeProvider time)
    {
        AdminState state = new()
        {
            Config = () =>
            {
                PipelineResult last = _config.Last;
                return new ConfigStatus(last.Generation, last.Time, last.Succeeded, last.Diagnostics, last.Snapshot);
            },
            Listeners = () => ScrapedState.Listeners(DataPlane),
            Clusters = () => ScrapedState.Clusters(DataPlane),
            Certificates = () => ScrapedState.Certificates(DataPlane, OrderOf),
            Names = () => EgressState.Names(DataPlane, time),
            Denials = () => DataPlane.Denials.List,
            Quit = () => _quit.TrySetResult(),
            Levels = levels,
        };
        List<AdminPort> ports = [];
        if (_options.AdminEndPoint is { } admin)
            ports.Add(new AdminPort("admin", admin, new AdminEndpoints(state).HandleAsync));
        if (_options.HealthEndPoint is { } health)
            ports.Add(new AdminPort("health", health, HealthEndpoints.Health(() => IsReady)));
        if (_options.MetricsEndPoint is { } metrics)
            ports.Add(new AdminPort("metrics", metrics, HealthEndpoints.Metrics(_metrics)));
        return ports;
    }

    private void LogListening()
    {
        string listening = string.Join(", ", ScrapedState.Listeners(DataPlane).Select(listener => $"{listener.Name} at {listener.EndPoint}"));
        if (listening == _listening)
            return;
        _listening = listening;
        LogListening(_logger, listening.Length == 0 ? "nothing" : listening);
    }

    private void LogOwnPorts(List<AdminPort> ports) =>
        LogOwnPorts(_logger, string.Join(", ", ports.Select(port => $"{port.Purpose} at {EndPointOf(port.Purpose)}")));

    [LoggerMessage(2, LogLevel.Information, "The gateway's own ports: {Ports}.")]
    private static partial void LogOwnPorts(ILogger logger, string ports);

    [LoggerMessage(1, LogLevel.Information, "Listening: {Ports}.")]
    private static partial void LogListening(ILogger logger, string ports);
}
