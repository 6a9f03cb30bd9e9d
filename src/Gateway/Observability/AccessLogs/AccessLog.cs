using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Streams;
using Microsoft.Extensions.Logging;

namespace Gateway.Observability.AccessLogs;

/// <summary>Where and how the access log is written.</summary>
/// <param name="File">A path, <c>/dev/stdout</c> or <c>/dev/stderr</c>; empty = off.</param>
/// <param name="Encoding">Text or JSON.</param>
/// <param name="Format">A format of the user; empty = Istio's default for the encoding.</param>
internal sealed record AccessLogSettings(string File, AccessLogEncoding Encoding, string Format)
{
    /// <summary>No access log.</summary>
    public static AccessLogSettings Off { get; } = new("", AccessLogEncoding.Text, "");
}

/// <summary>
/// Istio's standard access log. Settings come with every configuration and may change at any time; requests that end
/// meanwhile go to the one or the other.
/// </summary>
internal sealed class AccessLog : IStreamSink, IAsyncDisposable
{
    private readonly Func<string, Stream> _open;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessLog> _logger;
    private AccessLogSettings _settings = AccessLogSettings.Off;
    private Target? _target;
    private long _droppedBefore;

    /// <summary>Makes an access log that is off; <paramref name="open"/> opens a path for appending.</summary>
    public AccessLog(Func<string, Stream> open, TimeProvider time, ILogger<AccessLog> logger)
    {
        _open = open;
        _time = time;
        _logger = logger;
    }

    /// <summary>Lines dropped since the start because they could not be written fast enough.</summary>
    public long Dropped => Volatile.Read(ref _droppedBefore) + (Volatile.Read(ref _target)?.Writer.Dropped ?? 0);

    /// <summary>Opens a path as the settings mean it.</summary>
    public static Stream OpenPath(string path) => path switch
    {
        "/dev/stdout" => Console.OpenStandardOutput(),
        "/dev/stderr" => Console.OpenStandardError(),
        _ => new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0),
    };

    /// <summary>What of the settings' format cannot be printed, as findings at <paramref name="location"/>.</summary>
    public static ImmutableArray<Diagnostic> Check(AccessLogSettings settings, SourceLocation location)
    {
        List<string> problems = [];
        FormatOf(settings, problems);
        return [.. problems.Select(problem => new Diagnostic(
            DiagnosticCatalogue.Questionable.Code,
            DiagnosticCatalogue.Questionable.Severity,
            $"Access log: {problem}.",
            location,
            FieldPath: "accessLogFormat"))];
    }

    /// <summary>Takes settings over; one caller at a time.</summary>
    public async ValueTask ConfigureAsync(AccessLogSettings settings)
    {
        if (settings == _settings)
            return;
        Target? old = _target;
        Target? next = null;
        if (settings.File.Length > 0)
        {
            AccessLogWriter writer = old is not null && old.Writer.Name == settings.File
                ? old.Writer
                : new AccessLogWriter(settings.File, () => _open(settings.File), _time, _logger);
            next = new Target(FormatOf(settings, []), writer);
        }
        Volatile.Write(ref _target, next);
        _settings = settings;
        if (old is not null && old.Writer != next?.Writer)
        {
            await old.Writer.DisposeAsync().ConfigureAwait(false);
            Interlocked.Add(ref _droppedBefore, old.Writer.Dropped);
        }
    }

    /// <summary>Closes and opens the file again, after a rotation.</summary>
    public void Reopen() => Volatile.Read(ref _target)?.Writer.Reopen();

    /// <inheritdoc/>
    public void OnRequestCompleted(StreamInfo info)
    {
        Target? target = Volatile.Read(ref _target);
        if (target is null)
            return;
        LogLine line = new();
        try
        {
            AccessLogFormatter.Write(target.Format, info, ref line);
            target.Writer.Write(line.Written);
        }
        finally
        {
            line.Dispose();
        }
    }

    /// <inheritdoc/>
    public void OnTcpClosed(StreamInfo info) => OnRequestCompleted(info);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Target? target = Interlocked.Exchange(ref _target, null);
        if (target is not null)
            await target.Writer.DisposeAsync().ConfigureAwait(false);
    }

    private static AccessLogFormat FormatOf(AccessLogSettings settings, List<string> problems) => settings switch
    {
        { Encoding: AccessLogEncoding.Json, Format.Length: 0 } => AccessLogFormat.DefaultJson,
        { Encoding: AccessLogEncoding.Json } => AccessLogFormatParser.ParseJson(settings.Format, problems) ?? AccessLogFormat.DefaultJson,
        { Format.Length: 0 } => AccessLogFormat.DefaultText,
        _ => AccessLogFormatParser.ParseText(settings.Format, problems),
    };

    private sealed record Target(AccessLogFormat Format, AccessLogWriter Writer);
}
