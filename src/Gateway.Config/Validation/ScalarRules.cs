using Gateway.Config.Binding;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Durations, percentages and statuses: the small rules that many kinds share.</summary>
internal static class ScalarRules
{
    private static readonly TimeSpan OneMillisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>A duration of at least 1 ms in whole milliseconds.</summary>
    public static void CheckDuration(Findings findings, SpecRecord at, string field, TimeSpan? duration)
    {
        if (!CheckAtLeastOneMillisecond(findings, at, field, duration) || duration is not { } value)
            return;
        if (!IsMultipleOf(TimeSpan.TicksPerMillisecond, at, field, value))
            findings.Error(at, field, "Only durations to ms precision are supported.");
    }

    /// <summary>Whether a duration has no fraction of a unit; what a <see cref="TimeSpan"/> cannot hold is looked up in the text.</summary>
    public static bool IsMultipleOf(long ticks, SpecRecord at, string field, TimeSpan duration)
    {
        if (duration.Ticks % ticks != 0)
            return false;
        return at.Node[field] is not { } node
            || !GoDuration.TryParseNanoseconds(node.Text, out decimal nanoseconds)
            || nanoseconds % (ticks * TimeSpan.NanosecondsPerTick) == 0;
    }

    /// <summary>A duration of at least 1 ms; false = it is shorter and was reported.</summary>
    public static bool CheckAtLeastOneMillisecond(Findings findings, SpecRecord at, string field, TimeSpan? duration)
    {
        if (duration is not { } value || value >= OneMillisecond)
            return true;
        findings.Error(at, field, $"Duration {at.Node[field]?.Text ?? value.ToString()} is too short; it must be at least 1ms.");
        return false;
    }

    /// <summary>A whole percentage.</summary>
    public static void CheckPercent(Findings findings, SpecRecord at, string field, int? percent)
    {
        if (percent is < 0 or > 100)
            findings.Error(at, field, $"Percentage {percent} is not in range 0..100.");
    }

    /// <summary>The share of requests that a fault takes: 0, or not so small that it would round to 0.</summary>
    public static void CheckFaultPercentage(Findings findings, SpecRecord at, string field, Percent? percentage)
    {
        if (percentage?.Value is { } value && (double.IsNaN(value) || value is < 0 or > 100 or (> 0 and < 0.0001)))
            findings.Error(at, field, $"Percentage {value} is neither 0.0 nor in range [0.0001, 100.0].");
    }

    /// <summary>The share of requests that a mirror takes.</summary>
    public static void CheckMirrorPercentage(Findings findings, SpecRecord at, string field, Percent? percentage)
    {
        if (percentage?.Value is { } value && value is < 0 or > 100)
            findings.Error(at, field, $"The mirror percentage has a min value of 0 and a max value of 100; it is {value}.");
    }

    /// <summary>A status that a fault or direct response may send.</summary>
    public static void CheckHttpStatus(Findings findings, SpecRecord at, string field, int status)
    {
        // 600 passes in Istio although its message says 599.
        if (status is < 200 or > 600)
            findings.Error(at, field, $"HTTP status {status} is not in range 200-599.");
    }

    /// <summary>A number that must not be negative.</summary>
    public static void CheckNonNegative(Findings findings, SpecRecord at, string field, int? value)
    {
        if (value < 0)
            findings.Error(at, field, $"{field} must be non-negative.");
    }
}
