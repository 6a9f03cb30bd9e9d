using System.Globalization;
using System.Text.RegularExpressions;

namespace Gateway.Integration.Tests;

/// <summary>A fact that needs many file descriptors in each of two processes; skipped where the limit is lower, but not in continuous integration.</summary>
public sealed partial class DescriptorFactAttribute : FactAttribute
{
    public DescriptorFactAttribute(int descriptors)
    {
        // The runtime raises the soft limit to the hard one by itself.
        const string Limits = "/proc/self/limits";
        string found = File.Exists(Limits) ? Hard().Match(File.ReadAllText(Limits)).Groups[1].Value : "0";
        bool enough = found == "unlimited" || (long.TryParse(found, CultureInfo.InvariantCulture, out long limit) && limit >= descriptors);
        if (!enough && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"A process may have {found} file descriptors, {descriptors} are needed (ulimit -Hn).";
    }

    [GeneratedRegex(@"Max open files\s+\S+\s+(\S+)")]
    private static partial Regex Hard();
}
