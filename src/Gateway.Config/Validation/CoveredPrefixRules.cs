using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>
/// Warnings about HTTP matches whose path prefix begins with an earlier one while their other conditions ask for no less.
/// Compared as Istio does: method, authority, headers and query parameters as texts <c>exact:…</c> or <c>prefix:…</c>.
/// </summary>
internal static class CoveredPrefixRules
{
    // Prefixes nested in one another make the comparisons grow with their square; a warning is not worth more than this.
    private const int MaxComparisons = 1_000_000;

    /// <summary>Checks the HTTP rules of one VirtualService.</summary>
    public static void Check(Findings findings, EquatableArray<HttpRoute> rules)
    {
        if (rules.Count < 2 && (rules.IsEmpty || rules[0].Match.Count < 2))
            return;
        List<Candidate> candidates = Candidates(rules);
        candidates.Sort();
        int comparisons = 0;
        // Sorted by text, the prefixes that the current one begins with are those left on the stack.
        List<Candidate> beginnings = [];
        foreach (Candidate candidate in candidates)
        {
            while (beginnings.Count > 0 && !candidate.Prefix.StartsWith(beginnings[^1].Prefix, StringComparison.Ordinal))
                beginnings.RemoveAt(beginnings.Count - 1);
            foreach (Candidate earlier in beginnings)
            {
                if (++comparisons > MaxComparisons)
                    return;
                if (earlier.Order < candidate.Order && earlier.Prefix.Length < candidate.Prefix.Length && Covers(earlier.Match, candidate.Match))
                {
                    findings.Unreachable(candidate.Match, $"The match of prefix {candidate.Prefix} is not used: it overlaps with the earlier prefix {earlier.Prefix}.");
                    break;
                }
            }
            beginnings.Add(candidate);
        }
    }

    // What follows a rule without conditions, and what is written twice, has its own warning.
    private static List<Candidate> Candidates(EquatableArray<HttpRoute> rules)
    {
        List<Candidate> candidates = [];
        HashSet<HttpMatchRequest> seen = [];
        foreach (HttpRoute rule in rules)
        {
            if (rule.Match.IsEmpty)
                break;
            foreach (HttpMatchRequest match in rule.Match)
            {
                if (match.Uri?.Prefix is { Length: > 0 } prefix && seen.Add(match with { Name = null }))
                    candidates.Add(new(prefix, candidates.Count, match));
            }
        }
        return candidates;
    }

    private static bool Covers(HttpMatchRequest first, HttpMatchRequest second) =>
        (first.Port ?? 0) == (second.Port ?? 0)
        && Covers(Method(first), Method(second))
        && Covers(Text(first.Authority), Text(second.Authority))
        && Covers(first.Headers, second.Headers)
        && Covers(first.QueryParams, second.QueryParams)
        && Covers(first.WithoutHeaders, second.WithoutHeaders);

    private static bool Covers(EquatableMap<StringMatch> first, EquatableMap<StringMatch> second)
    {
        if (first.Count != second.Count)
            return false;
        foreach (KeyValuePair<string, StringMatch> entry in first)
        {
            if (!second.TryGetValue(entry.Key, out StringMatch? other) || !Covers(Text(entry.Value), Text(other)))
                return false;
        }
        return true;
    }

    private static bool Covers(string first, string second) => first.StartsWith(second, StringComparison.Ordinal);

    // Istio's analysis takes GET for granted where no method is asked for.
    private static string Method(HttpMatchRequest match) => Text(match.Method) is { Length: > 0 } text ? text : "exact:GET";

    private static string Text(StringMatch? match) =>
        !string.IsNullOrEmpty(match?.Exact) ? "exact:" + match.Exact
        : !string.IsNullOrEmpty(match?.Prefix) ? "prefix:" + match.Prefix
        : "";

    private readonly record struct Candidate(string Prefix, int Order, HttpMatchRequest Match) : IComparable<Candidate>
    {
        public int CompareTo(Candidate other)
        {
            int byText = string.CompareOrdinal(Prefix, other.Prefix);
            return byText != 0 ? byText : Order.CompareTo(other.Order);
        }
    }
}
