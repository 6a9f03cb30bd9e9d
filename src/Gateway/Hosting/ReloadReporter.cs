using Gateway.Config.Diagnostics;
using Gateway.Observability;
using Gateway.Sources;
using Microsoft.Extensions.Logging;

namespace Gateway.Hosting;

/// <summary>Tells the log and the metrics what a pass over the configuration gave. Findings that were told before are not told again.</summary>
internal sealed partial class ReloadReporter(GatewayMetrics metrics, ILogger<ReloadReporter> logger)
{
    // The admin port has all of them; a log shall stay readable.
    private const int MostLines = 50;

    private HashSet<Diagnostic> _told = [];

    /// <summary>Reports a pass; called by one pass at a time.</summary>
    public void Report(PipelineResult result)
    {
        int errors = 0;
        int warnings = 0;
        HashSet<ResourceId> rejected = [];
        HashSet<Diagnostic> now = [];
        int lines = 0;
        foreach (Diagnostic finding in result.Diagnostics)
        {
            if (finding.Severity == Severity.Error)
            {
                errors++;
                if (finding.Resource is { } resource)
                    rejected.Add(resource);
            }
            else if (finding.Severity == Severity.Warning)
            {
                warnings++;
            }
            if (now.Add(finding) && !_told.Contains(finding) && lines++ < MostLines)
                Log(finding);
        }
        _told = now;
        if (lines > MostLines)
            LogMore(logger, lines - MostLines);

        metrics.OnReload(result.Succeeded, result.Generation, result.Time, result.Duration, rejected.Count, errors, warnings);
        if (result.Succeeded)
            LogServed(logger, result.Generation, result.Duration.TotalMilliseconds, errors, warnings);
        else
            LogRefused(logger, errors, warnings);
    }

    private void Log(Diagnostic finding)
    {
        switch (finding.Severity)
        {
            case Severity.Error:
                LogError(logger, finding);
                break;
            case Severity.Warning:
                LogWarning(logger, finding);
                break;
            default:
                LogInfo(logger, finding);
                break;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Finding}")]
    private static partial void LogError(ILogger logger, Diagnostic finding);

    [LoggerMessage(2, LogLevel.Warning, "{Finding}")]
    private static partial void LogWarning(ILogger logger, Diagnostic finding);

    [LoggerMessage(3, LogLevel.Debug, "{Finding}")]
    private static partial void LogInfo(ILogger logger, Diagnostic finding);

    [LoggerMessage(4, LogLevel.Warning, "… and {Count} more findings; the admin port shows all of them under /diagnostics.")]
    private static partial void LogMore(ILogger logger, int count);

    [LoggerMessage(5, LogLevel.Information, "Configuration {Generation} is in force after {Milliseconds:F0} ms: {Errors} errors, {Warnings} warnings.")]
    private static partial void LogServed(ILogger logger, int generation, double milliseconds, int errors, int warnings);

    [LoggerMessage(6, LogLevel.Error, "The configuration did not come into force: {Errors} errors, {Warnings} warnings.")]
    private static partial void LogRefused(ILogger logger, int errors, int warnings);
}
