using System.Collections.Immutable;
using System.Threading.Channels;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Microsoft.Extensions.Logging;

namespace Gateway.Sources;

/// <summary>The steps that the pipeline drives, in their order.</summary>
/// <param name="Load">Texts (and the text of <c>--mesh-config</c>) to accepted resources.</param>
/// <param name="Compile">Accepted resources to a snapshot.</param>
/// <param name="Publish">Brings a snapshot into force.</param>
internal sealed record ConfigSteps(
    Func<IReadOnlyList<ConfigDocument>, ConfigDocument?, LoadResult> Load,
    Func<ConfigSet, CompileResult> Compile,
    Func<GatewaySnapshot, CancellationToken, Task<IReadOnlyList<Diagnostic>>> Publish);

/// <summary>What one pass of the pipeline gave.</summary>
/// <param name="Generation">Counts the configurations in force, from 1; 0 = none yet. A pass that fails keeps the number.</param>
/// <param name="Time">When the pass ended.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Succeeded">Whether its snapshot is in force; findings about single resources do not hinder that.</param>
/// <param name="Diagnostics">All findings of all steps.</param>
/// <param name="Snapshot">The snapshot in force after the pass; null = none yet.</param>
internal sealed record PipelineResult(
    int Generation,
    DateTimeOffset Time,
    TimeSpan Duration,
    bool Succeeded,
    ImmutableArray<Diagnostic> Diagnostics,
    GatewaySnapshot? Snapshot)
{
    /// <summary>Before the first pass.</summary>
    public static PipelineResult None { get; } = new(0, DateTimeOffset.UnixEpoch, TimeSpan.Zero, false, [], null);
}

/// <summary>
/// The single writer of configuration. One loop, one thing at a time: wait for a change, wait until it is quiet, list →
/// load → compile → publish. A change that comes meanwhile waits for the next turn. Whatever goes wrong in a pass is
/// reported and what was in force stays.
/// </summary>
internal sealed partial class ConfigPipeline : IAsyncDisposable
{
    /// <summary>A change is taken up when nothing more happened for this long …</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    /// <summary>… but no later than this after it.</summary>
    public static readonly TimeSpan LongestDebounce = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<IConfigSource> _sources;
    private readonly IConfigSource? _meshSource;
    private readonly ConfigSteps _steps;
    private readonly TimeProvider _time;
    private readonly ILogger<ConfigPipeline> _logger;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private ImmutableArray<ConfigDocument> _documents;
    private ConfigDocument? _meshDocument;
    private ImmutableArray<Diagnostic> _sourceFindings;
    private PipelineResult _last = PipelineResult.None;
    private long _lastChange;
    private bool _forced;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes a pipeline; it owns the sources.</summary>
    public ConfigPipeline(IReadOnlyList<IConfigSource> sources, IConfigSource? meshSource, ConfigSteps steps, TimeProvider time, ILogger<ConfigPipeline> logger)
    {
        _sources = sources;
        _meshSource = meshSource;
        _steps = steps;
        _time = time;
        _logger = logger;
    }

    /// <summary>Called after every pass, by the pipeline's own loop.</summary>
    public Action<PipelineResult>? PassEnded { get; init; }

    /// <summary>The result of the latest pass.</summary>
    public PipelineResult Last => Volatile.Read(ref _last);

    /// <summary>
    /// The first pass. With errors and without <paramref name="allowErrors"/> nothing is published and the result has not succeeded.
    /// </summary>
    public async Task<PipelineResult> StartAsync(bool allowErrors, CancellationToken cancellationToken)
    {
        PipelineResult first = await PassAsync(refuseErrors: !allowErrors, cancellationToken).ConfigureAwait(false);
        if (!first.Succeeded && !allowErrors)
            return first;

        foreach (IConfigSource source in _sources)
            source.Watch(RequestReload);
        _meshSource?.Watch(RequestReload);
        // What changed between the listing above and the watch.
        RequestReload();
        _loop = Task.Run(RunAsync, CancellationToken.None);
        return first;
    }

    /// <summary>Asks for a pass over what the sources hold; many requests make one. Without a change it ends early.</summary>
    public void RequestReload() => Request(force: false);

    /// <summary>Asks for a whole pass even if no document changed: something that documents name did.</summary>
    public void RequestFullReload() => Request(force: true);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        foreach (IConfigSource source in _sources)
            await source.DisposeAsync().ConfigureAwait(false);
        if (_meshSource is not null)
            await _meshSource.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Request(bool force)
    {
        if (force)
            Volatile.Write(ref _forced, true);
        Volatile.Write(ref _lastChange, _time.GetTimestamp());
        _changes.Writer.TryWrite(true);
    }

    private async Task RunAsync()
    {
        CancellationToken stop = _stop.Token;
        try
        {
            while (true)
            {
                await _changes.Reader.ReadAsync(stop).ConfigureAwait(false);
                await QuietAsync(stop).ConfigureAwait(false);
                // The listing to come sees everything up to here.
                _changes.Reader.TryRead(out _);
                await PassAsync(refuseErrors: false, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task QuietAsync(CancellationToken stop)
    {
        long first = _time.GetTimestamp();
        while (true)
        {
            TimeSpan quietLeft = Quiet - _time.GetElapsedTime(Volatile.Read(ref _lastChange));
            TimeSpan turnLeft = LongestDebounce - _time.GetElapsedTime(first);
            TimeSpan wait = quietLeft < turnLeft ? quietLeft : turnLeft;
            if (wait <= TimeSpan.Zero)
                return;
            await Task.Delay(wait, _time, stop).ConfigureAwait(false);
        }
    }

    private async Task<PipelineResult> PassAsync(bool refuseErrors, CancellationToken cancellationToken)
    {
        long started = _time.GetTimestamp();
        List<Diagnostic> findings = [];
        bool succeeded = false;
        GatewaySnapshot? snapshot = null;
        try
        {
            bool forced = Interlocked.Exchange(ref _forced, false);
            if (!await ListAsync(cancellationToken).ConfigureAwait(false) && !forced)
                return Last;
            findings.AddRange(_sourceFindings);
            TimeSpan listed = _time.GetElapsedTime(started);
            LoadResult loaded = _steps.Load(_documents, _meshDocument);
            findings.AddRange(loaded.Diagnostics);
            TimeSpan loadedAt = _time.GetElapsedTime(started);
            CompileResult compiled = _steps.Compile(loaded.Config);
            findings.AddRange(compiled.Diagnostics);
            LogSteps(_logger, _documents.Length, listed.TotalMilliseconds, loadedAt.TotalMilliseconds, _time.GetElapsedTime(started).TotalMilliseconds);
            if (!refuseErrors || !findings.Exists(static finding => finding.Severity == Severity.Error))
            {
                findings.AddRange(await _steps.Publish(compiled.Snapshot, cancellationToken).ConfigureAwait(false));
                snapshot = compiled.Snapshot;
                succeeded = true;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // The promise of this class: a defect in any step costs one update, never the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogPassFailed(_logger, e);
            findings.Add(new Diagnostic(DiagnosticCatalogue.InternalError.Code, DiagnosticCatalogue.InternalError.Severity, $"{e.GetType().Name} while the configuration was worked on; what was in force stays.", SourceLocation.None));
        }

        PipelineResult previous = Last;
        PipelineResult result = new(
            succeeded ? previous.Generation + 1 : previous.Generation,
            _time.GetUtcNow(),
            _time.GetElapsedTime(started),
            succeeded,
            [.. findings],
            snapshot ?? previous.Snapshot);
        Volatile.Write(ref _last, result);
        Tell(result);
        return result;
    }

    private void Tell(PipelineResult result)
    {
        try
        {
            PassEnded?.Invoke(result);
        }
#pragma warning disable CA1031 // As above: who listens may be wrong, the loop goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogPassFailed(_logger, e);
        }
    }

    /// <summary>Lists all sources; false = nothing differs from the pass before.</summary>
    private async Task<bool> ListAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<ConfigDocument>.Builder documents = ImmutableArray.CreateBuilder<ConfigDocument>();
        ImmutableArray<Diagnostic>.Builder findings = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (IConfigSource source in _sources)
        {
            SourceListing listing = await source.ListAsync(cancellationToken).ConfigureAwait(false);
            documents.AddRange(listing.Documents);
            findings.AddRange(listing.Diagnostics);
        }
        ConfigDocument? mesh = null;
        if (_meshSource is not null)
        {
            SourceListing listing = await _meshSource.ListAsync(cancellationToken).ConfigureAwait(false);
            mesh = listing.Documents.Length == 0 ? null : listing.Documents[0];
            findings.AddRange(listing.Diagnostics);
        }

        bool same = !_documents.IsDefault
            && documents.Count == _documents.Length
            && ReferenceEquals(mesh, _meshDocument)
            && findings.Count == _sourceFindings.Length;
        for (int i = 0; same && i < documents.Count; i++)
            same = ReferenceEquals(documents[i], _documents[i]);
        for (int i = 0; same && i < findings.Count; i++)
            same = findings[i] == _sourceFindings[i];

        _documents = documents.DrainToImmutable();
        _sourceFindings = findings.DrainToImmutable();
        _meshDocument = mesh;
        return !same;
    }

    [LoggerMessage(2, LogLevel.Debug, "{Documents} documents: listed after {Listed:F0} ms, loaded after {Loaded:F0} ms, compiled after {Compiled:F0} ms.")]
    private static partial void LogSteps(ILogger logger, int documents, double listed, double loaded, double compiled);

    [LoggerMessage(1, LogLevel.Error, "The configuration could not be worked on; what was in force stays.")]
    private static partial void LogPassFailed(ILogger logger, Exception exception);
}
