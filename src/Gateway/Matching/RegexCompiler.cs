using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gateway.Matching;

/// <summary>Turns RE2 patterns, as Istio writes them, into .NET expressions that run in linear time.</summary>
internal static class RegexCompiler
{
    /// <summary>Compiles a pattern that must match a whole value.</summary>
    /// <param name="pattern">RE2 syntax.</param>
    /// <param name="regex">The compiled expression.</param>
    /// <param name="error">What is wrong with the pattern.</param>
    public static bool TryCompileWhole(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? error)
    {
        try
        {
            regex = new Regex($"\\A(?:{pattern})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            error = null;
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            regex = null;
            error = e.Message;
            return false;
        }
    }
}
