using System.Text;
using Gateway.Config.Model;
using Gateway.Config.Patterns;

namespace Gateway.Config.Validation;

/// <summary>Exact, prefix and regex matches.</summary>
internal static class StringMatchRules
{
    /// <summary>A match whose prefix and regex must not be empty.</summary>
    public static void Check(Findings findings, StringMatch? match, string subject)
    {
        if (match is null)
            return;
        if (match is { Prefix.Length: 0, Exact: null, Regex: null })
            findings.Error(match, "prefix", $"The prefix of a {subject} match should not be empty.");
        CheckRegex(findings, match, subject);
    }

    /// <summary>A match whose prefix may be empty: Envoy allows that for the path alone.</summary>
    public static void CheckRegex(Findings findings, StringMatch? match, string subject)
    {
        if (match?.Regex is { } regex)
            CheckPattern(findings, match, "regex", regex, subject);
    }

    /// <summary>A pattern in RE2 syntax, not empty and not too long.</summary>
    public static void CheckPattern(Findings findings, SpecRecord at, string field, string pattern, string subject)
    {
        if (pattern.Length == 0)
            findings.BadRegex(at, field, $"The regex of a {subject} match should not be empty.");
        else if (Encoding.UTF8.GetByteCount(pattern) > Re2Pattern.MaxLengthBytes)
            findings.BadRegex(at, field, $"The regex is too large; the max length allowed is {Re2Pattern.MaxLengthBytes}.");
        else if (!Re2Pattern.TryTranslate(pattern, out _, out string? error))
            findings.BadRegex(at, field, $"The regex is not valid in RE2 syntax: {error}.");
    }
}
