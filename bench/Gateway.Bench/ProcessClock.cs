using System.Runtime.InteropServices;

namespace Gateway.Bench;

/// <summary>The processor time of another process to the nanosecond; <c>/proc/PID/stat</c> counts in hundredths of a second.</summary>
internal static partial class ProcessClock
{
    // The low bits of the number say which clock of the process.
    private const int ScheduledTime = 2;

    /// <summary>User and system time of a process with its threads; 0 = it has ended.</summary>
    public static TimeSpan Cpu(int process)
    {
        int clock = (~process << 3) | ScheduledTime;
        return Read(clock, out Time time) == 0 ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick) : TimeSpan.Zero;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Time time);

    private readonly record struct Time(long Seconds, long Nanoseconds);
}
