using System.Globalization;

namespace Gateway.Bench;

/// <summary>The thread on which .NET compiles in the background what is called often.</summary>
internal static class CompilerThread
{
    // The kernel cuts names at 15 characters.
    private const string Name = ".NET Tiered Com";

    /// <summary>Its processor time so far in a process; nothing where there is none, as it ends when it has nothing to do.</summary>
    public static TimeSpan Cpu(int process)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{process}/task").Aggregate(TimeSpan.Zero, (sum, thread) => sum + Read(thread));
        }
        catch (IOException)
        {
            return TimeSpan.Zero;
        }
    }

    private static TimeSpan Read(string thread)
    {
        try
        {
            if (!File.ReadAllText(thread + "/comm").StartsWith(Name, StringComparison.Ordinal))
                return TimeSpan.Zero;
            string nanoseconds = File.ReadAllText(thread + "/schedstat").Split(' ')[0];
            return TimeSpan.FromTicks(long.Parse(nanoseconds, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return TimeSpan.Zero;
        }
    }
}
