using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Observability.AccessLogs;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Sources;
using Gateway.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Hosting;

/// <summary>A configuration read once, without serving it.</summary>
/// <param name="Config">What was accepted.</param>
/// <param name="Snapshot">What it compiles to.</param>
/// <param name="Diagnostics">All findings, in the order of the steps.</param>
internal sealed record OfflineConfig(ConfigSet Config, GatewaySnapshot Snapshot, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>Turns the options that name configuration into a pipeline: the server's pipeline, or one reading for offline commands.</summary>
internal static class ConfigInputs
{
    /// <summary>Makes the pipeline; it owns the sources.</summary>
    public static ConfigPipeline Pipeline(
        BootstrapOptions options,
        Func<GatewaySnapshot, CancellationToken, Task<IReadOnlyList<Diagnostic>>> publish,
        Action<PipelineResult>? passEnded,
        ILoggerFactory loggers,
        TimeProvider time)
    {
        ILogger<FileConfigSource> logger = loggers.CreateLogger<FileConfigSource>();
        List<IConfigSource> sources = [];
        if (!options.ConfigPaths.IsEmpty)
            sources.Add(new FileConfigSource(options.ConfigPaths, time, logger));
        if (options.Source is not null)
            sources.Add(options.Source);
        IConfigSource? mesh = options.MeshConfigPath is null ? null : new FileConfigSource([options.MeshConfigPath], time, logger);
        ConfigSteps steps = new(new ConfigLoader().Load, config => Compile(config, options), publish);
        return new ConfigPipeline(sources, mesh, steps, time, loggers.CreateLogger<ConfigPipeline>()) { PassEnded = passEnded };
    }

    /// <summary>Reads, loads and compiles once.</summary>
    public static async Task<OfflineConfig> ReadAsync(BootstrapOptions options, CancellationToken cancellationToken)
    {
        await using FileConfigSource source = new(options.ConfigPaths, TimeProvider.System, NullLogger.Instance);
        SourceListing listing = await source.ListAsync(cancellationToken).ConfigureAwait(false);
        List<Diagnostic> findings = [.. listing.Diagnostics];
        ConfigDocument? mesh = null;
        if (options.MeshConfigPath is not null)
        {
            await using FileConfigSource meshSource = new([options.MeshConfigPath], TimeProvider.System, NullLogger.Instance);
            SourceListing meshListing = await meshSource.ListAsync(cancellationToken).ConfigureAwait(false);
            findings.AddRange(meshListing.Diagnostics);
            mesh = meshListing.Documents.IsEmpty ? null : meshListing.Documents[0];
        }
        LoadResult loaded = new ConfigLoader().Load(listing.Documents, mesh);
        findings.AddRange(loaded.Diagnostics);
        CompileResult compiled = Compile(loaded.Config, options);
        findings.AddRange(compiled.Diagnostics);
        findings.AddRange(SecretFindings(compiled.Snapshot));
        return new OfflineConfig(loaded.Config, compiled.Snapshot, [.. findings]);
    }

    /// <summary>
    /// What serving would find in the Secrets. Only in those that were read: others, and certificate files, may well be
    /// where the gateway runs, and not here.
    /// </summary>
    private static IEnumerable<Diagnostic> SecretFindings(GatewaySnapshot snapshot)
    {
        IEnumerable<DownstreamTlsConfig> downstream = snapshot.Listeners.SelectMany(listener => listener.FilterChains).Select(chain => chain.Tls).OfType<DownstreamTlsConfig>();
        IEnumerable<UpstreamTlsConfig> upstream = snapshot.Clusters.Select(cluster => cluster.Config.Tls).OfType<UpstreamTlsConfig>();
        return new CertificateStore(TimeProvider.System) { IsOffline = true }
            .Apply(snapshot.Secrets, [.. downstream.Distinct()], [.. upstream.Distinct()])
            .Where(finding => finding.Resource is { } secret && snapshot.Secrets.ContainsKey($"{secret.Namespace}/{secret.Name}"));
    }

    private static CompileResult Compile(ConfigSet config, BootstrapOptions options)
    {
        CompileResult compiled = SnapshotCompiler.Compile(config, options.Identity);
        ImmutableArray<Diagnostic> accessLog = AccessLog.Check(options.AccessLog.Over(config.Mesh), config.Mesh.Node.Locate("accessLogFormat").Location);
        return compiled with { Diagnostics = [.. compiled.Diagnostics, .. accessLog] };
    }
}
