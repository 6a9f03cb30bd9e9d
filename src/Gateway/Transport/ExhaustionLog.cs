using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Transport;

/// <summary>Says that accepting rests for want of descriptors: at most one line in <see cref="Interval"/>, however many listeners rest how often.</summary>
internal sealed partial class ExhaustionLog(ILogger logger, TimeProvider time)
{
    /// <summary>How long it is silent after a line.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private long _next = long.MinValue;

    /// <summary>A listener begins to rest. Any thread.</summary>
    public void Note(EndPoint endPoint)
    {
        long now = time.GetTimestamp();
        long next = Interlocked.Read(ref _next);
        if (now >= next && Interlocked.CompareExchange(ref _next, now + (long)(Interval.TotalSeconds * time.TimestampFrequency), next) == next)
            LogExhausted(logger, endPoint);
    }

    [LoggerMessage(LogLevel.Warning, "{EndPoint} accepts no connections for the moment: the process is short of file descriptors. New connections wait, open ones are served; its limit (ulimit -n) is too low or something holds too many.")]
    private static partial void LogExhausted(ILogger logger, EndPoint endPoint);
}
