using Gateway.Config.Diagnostics;

namespace Gateway.Conformance.Tests.Validation;

/// <summary>
/// Whether a finding gives the reason that a fragment of Istio's message gives, though in other words: at least half of
/// the fragment's telling words (names of fields, values, terms) stand in the finding's message or field path. A fragment
/// without any, such as <c>invalid</c>, says no more than that there is a finding.
/// </summary>
internal static class Reasons
{
    private static readonly HashSet<string> Empty = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "cannot", "for", "from", "has", "have", "if", "in", "is",
        "it", "may", "must", "no", "not", "of", "on", "only", "or", "set", "should", "than", "that", "the", "to", "valid", "invalid",
        "value", "when", "with", "spec", "error", "config", "configuration", "following", "one", "required", "found",
    };

    /// <summary>Whether one of the findings agrees with the fragment.</summary>
    public static bool Agree(string fragment, IReadOnlyList<Diagnostic> findings)
    {
        HashSet<string> wanted = Words(fragment);
        return findings.Any(finding =>
        {
            HashSet<string> said = Words($"{finding.Message} {finding.FieldPath}");
            return wanted.Count(said.Contains) * 2 >= wanted.Count;
        });
    }

    // camelCase and snake_case fall into their words; a plural s is cut off.
    private static HashSet<string> Words(string text)
    {
        HashSet<string> words = new(StringComparer.OrdinalIgnoreCase);
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            bool isBreak = i == text.Length || !char.IsLetterOrDigit(text[i]);
            bool isHump = !isBreak && i > start && char.IsUpper(text[i]) && char.IsLower(text[i - 1]);
            if (!isBreak && !isHump)
                continue;
            string word = text[start..i];
            if (word.Length > 1 && !Empty.Contains(word))
                words.Add(word.Length > 3 ? word.TrimEnd('s', 'S') : word);
            start = isBreak ? i + 1 : i;
        }
        return words;
    }
}
