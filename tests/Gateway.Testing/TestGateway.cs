using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Hosting;
using Gateway.Http;
using Gateway.Observability;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Tls;

namespace Gateway.Testing;

/// <summary>
/// A gateway in this process: YAML in, real sockets out. Every configured port is bound to one on loopback that the
/// system chooses; <see cref="Port"/> tells which. The configuration can be replaced while it runs.
/// </summary>
public sealed class TestGateway : IAsyncDisposable
{
    private readonly ConfigLoader _loader = new();
    private readonly CompletionLog _completed = new();
    private readonly FaultLog _faults = new();
    private readonly DataPlane _plane;

    private TestGateway(TimeSpan drainTime, IReadOnlyDictionary<int, int>? ports, X509Certificate2Collection? systemAuthorities, bool? onEventLoops, IPEndPoint? dns, TransportKind? transport = null, Func<DataPlaneOptions, DataPlaneOptions>? tune = null) => _plane = new DataPlane(
        On(transport, tune, TestMode.Apply(new DataPlaneOptions
        {
            EphemeralPorts = true,
            PortMap = ports ?? new Dictionary<int, int>(),
            DefaultBind = IPAddress.Loopback,
            DrainTime = drainTime,
            SystemAuthorities = systemAuthorities,
            Resolver = dns is null ? null : new ResolverConfig { Servers = [dns], Attempts = 1, QueryTimeout = TimeSpan.FromSeconds(1) },
            // Pools are per loop: tests which count connections need a single one.
            EventLoops = 1,
            Transport = onEventLoops switch
            {
                null => DataPlaneOptions.DefaultTransport,
                true => TransportKind.EventLoop,
                false => TransportKind.Sockets,
            },
        })),
        _completed, _faults, TimeProvider.System);

    /// <summary>What it logged as errors: faults of its own.</summary>
    public IReadOnlyCollection<string> Faults => _faults.Faults;

    /// <summary>All requests that have ended, in the order of their ends.</summary>
    public IReadOnlyCollection<CompletedRequest> Completed => _completed.Requests;

    /// <summary>Client certificates refused, by reason.</summary>
    public IReadOnlyDictionary<string, long> RefusedCertificates => Enum.GetValues<ClientCertificateReason>()
        .Where(reason => _plane.TlsEvents.Refused(reason) > 0)
        .ToDictionary(reason => reason.ToString(), _plane.TlsEvents.Refused);

    /// <summary>TLS handshakes of clients that succeeded and failed.</summary>
    public (long Succeeded, long Failed) Handshakes => (_plane.TlsEvents.Succeeded, _plane.TlsEvents.Failed);

    /// <summary>What its forward proxies refused: protocol, host, port and how often.</summary>
    public IReadOnlyCollection<(string Protocol, string Host, int Port, long Count)> Denied =>
        [.. _plane.Denials.List.Select(one => (one.Denial.Protocol, one.Denial.Host, one.Denial.Port, one.Count))];

    /// <summary>The metrics of egress, in Prometheus' text format.</summary>
    public async Task<string> EgressMetricsAsync()
    {
        var all = new GatewayMetrics();
        EgressState.Update(new EgressMetrics(all.Factory), _plane, TimeProvider.System);
        using var text = new MemoryStream();
        await all.WriteAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>Open connections of clients.</summary>
    public int OpenConnections => _plane.Listeners.OpenConnectionCount;

    /// <summary>Where the gateway runs, for configurations applied from now on; empty = unknown.</summary>
    public string Locality { get; set; } = "";

    /// <summary>Folder with the certificate that it has as a workload, for configurations applied from now on.</summary>
    public string WorkloadCertificates { get; set; } = new GatewayIdentity().WorkloadCertificates;

    /// <summary>The warnings of the compilation applied last.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>What was found wrong when the latest configuration came into force: ports and certificates.</summary>
    public IReadOnlyList<string> Published { get; private set; } = [];

    /// <summary>As <c>--verify-servers</c>, for configurations applied from now on.</summary>
    public bool VerifiesServers { get; set; }

    private GatewayIdentity Identity => new() { Locality = Locality, WorkloadCertificates = WorkloadCertificates, VerifiesServers = VerifiesServers };

    /// <summary>Starts a gateway with a configuration, which must be free of errors.</summary>
    public static Task<TestGateway> StartAsync(params string[] yaml) => StartAtAsync("", yaml);

    /// <summary>Starts a gateway that runs in a locality.</summary>
    public static async Task<TestGateway> StartAtAsync(string locality, params string[] yaml)
    {
        TestGateway gateway = await StartEmptyAsync(Eventually.Deadline);
        gateway.Locality = locality;
        IReadOnlyList<string> errors = await gateway.ApplyAsync(yaml);
        return errors.Count == 0 ? gateway : throw new InvalidDataException(string.Join("\n", errors));
    }

    /// <summary>Starts a gateway without a configuration.</summary>
    /// <param name="drainTime">How long requests on what is no longer configured may go on.</param>
    /// <param name="ports">Ports to bind by configured port; the system chooses those not named.</param>
    /// <param name="systemAuthorities">Whom upstream servers are trusted by where no authorities are named; null = whom the system trusts.</param>
    /// <param name="onEventLoops">Whether event loops carry the sockets or .NET does; null = as a gateway does that was told nothing.</param>
    /// <param name="dns">The DNS server; null = the system's.</param>
    public static async Task<TestGateway> StartEmptyAsync(
        TimeSpan drainTime, IReadOnlyDictionary<int, int>? ports = null, X509Certificate2Collection? systemAuthorities = null, bool? onEventLoops = null, IPEndPoint? dns = null)
    {
        var gateway = new TestGateway(drainTime, ports, systemAuthorities, onEventLoops, dns);
        await gateway._plane.StartAsync(CancellationToken.None);
        return gateway;
    }

    /// <summary>Starts a gateway with a configuration, which must be free of errors, on a transport named.</summary>
    /// <param name="eventLoops">Two event loops, or .NET's sockets.</param>
    /// <param name="yaml">The documents.</param>
    public static async Task<TestGateway> StartOnAsync(bool eventLoops, params string[] yaml)
    {
        var gateway = new TestGateway(Eventually.Deadline, null, null, eventLoops, null, eventLoops ? TransportKind.EventLoop : TransportKind.Sockets);
        await gateway._plane.StartAsync(CancellationToken.None);
        IReadOnlyList<string> errors = await gateway.ApplyAsync(yaml);
        return errors.Count == 0 ? gateway : throw new InvalidDataException(string.Join("\n", errors));
    }

    /// <summary>Starts a gateway with a configuration, which must be free of errors, on one of <see cref="TestMode.Transports"/>.</summary>
    public static async Task<TestGateway> StartOnAsync(string transport, params string[] yaml)
    {
        TestGateway gateway = await StartTunedAsync(options => TestMode.On(transport, options));
        IReadOnlyList<string> errors = await gateway.ApplyAsync(yaml);
        return errors.Count == 0 ? gateway : throw new InvalidDataException(string.Join("\n", errors));
    }

    /// <summary>Starts a gateway without a configuration, with settings changed.</summary>
    internal static async Task<TestGateway> StartTunedAsync(Func<DataPlaneOptions, DataPlaneOptions> tune)
    {
        var gateway = new TestGateway(Eventually.Deadline, null, null, false, null, null, tune);
        await gateway._plane.StartAsync(CancellationToken.None);
        return gateway;
    }

    /// <summary>Replaces the whole configuration, as a reload does.</summary>
    /// <returns>The errors found; what has none is served.</returns>
    public async Task<IReadOnlyList<string>> ApplyAsync(params string[] yaml)
    {
        ConfigDocument[] documents = [.. yaml.Select((text, index) => new ConfigDocument($"document-{index}.yaml", Encoding.UTF8.GetBytes(text)))];
        LoadResult load = _loader.Load(documents);
        CompileResult compiled = SnapshotCompiler.Compile(load.Config, Identity);
        Warnings = [.. compiled.Diagnostics.Where(finding => finding.Severity == Severity.Warning).Select(finding => finding.ToString())];
        ImmutableArray<Diagnostic> applied = await ApplyAsync(compiled.Snapshot, CancellationToken.None);
        Published = [.. applied.Select(finding => finding.ToString())];
        return [.. load.Diagnostics.Concat(compiled.Diagnostics).Concat(applied)
            .Where(finding => finding.Severity == Severity.Error).Select(finding => finding.ToString())];
    }

    /// <summary>Replaces the configuration, MeshConfig included.</summary>
    /// <returns>The errors found.</returns>
    public async Task<IReadOnlyList<string>> ApplyWithMeshAsync(string mesh, params string[] yaml)
    {
        ConfigDocument[] documents = [.. yaml.Select((text, index) => new ConfigDocument($"document-{index}.yaml", Encoding.UTF8.GetBytes(text)))];
        LoadResult load = _loader.Load(documents, new ConfigDocument("mesh.yaml", Encoding.UTF8.GetBytes(mesh)));
        CompileResult compiled = SnapshotCompiler.Compile(load.Config, Identity);
        ImmutableArray<Diagnostic> applied = await ApplyAsync(compiled.Snapshot, CancellationToken.None);
        return [.. load.Diagnostics.Concat(compiled.Diagnostics).Concat(applied)
            .Where(finding => finding.Severity == Severity.Error).Select(finding => finding.ToString())];
    }

    /// <summary>The port on loopback that stands for a configured one.</summary>
    public int Port(int configured) => FindPort(configured) ?? throw new InvalidOperationException($"Nothing listens for port {configured}.");

    /// <summary>The port on loopback that stands for a configured one; null = nothing listens.</summary>
    public int? FindPort(int configured) => _plane.Listeners.EndPointOf(configured)?.Port;

    /// <summary>What health checks say of a host's endpoints, joined by commas.</summary>
    public string HealthOf(string host) => string.Join(", ", ScrapedState.Clusters(_plane)
        .Where(cluster => cluster.Name.EndsWith("|" + host, StringComparison.Ordinal)).SelectMany(cluster => cluster.Endpoints).Select(endpoint => endpoint.Health));

    /// <summary>Waits for the end of a request that the condition names.</summary>
    public async Task<CompletedRequest> CompletionAsync(Func<CompletedRequest, bool> condition)
    {
        await Eventually.HoldsAsync(() => Completed.Any(condition), "the request has ended");
        return Completed.First(condition);
    }

    /// <summary>The live clusters, by name.</summary>
    internal ImmutableDictionary<string, Cluster> Clusters => _plane.Clusters.Current;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    private static DataPlaneOptions On(TransportKind? transport, Func<DataPlaneOptions, DataPlaneOptions>? tune, DataPlaneOptions options)
    {
        DataPlaneOptions chosen = transport is { } kind ? options with { Transport = kind, EventLoops = 2 } : options;
        return tune is null ? chosen : tune(chosen);
    }

    internal Task<ImmutableArray<Diagnostic>> ApplyAsync(GatewaySnapshot snapshot, CancellationToken cancel) => _plane.ApplyAsync(snapshot, cancel);

    /// <summary>Kestrel reads its switches once in a process: before the first echo server, not only before the first gateway.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A test library is application code.")]
    internal static void SetSwitches() => KestrelLimits.SetSwitches();
}
