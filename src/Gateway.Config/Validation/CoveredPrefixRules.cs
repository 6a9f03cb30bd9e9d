using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>
/// Warnings about HTTP matches whose path prefix begins with an earlier one while their other conditions ask for no less.
/// Compared as Istio does: method, authority, headers and query parameters as texts <c>exact:…</c> or <c>prefix:…</c>.
/// </summary>
internal static class CoveredPrefixRules
{
    /// <summary>Checks the HTTP rules of one VirtualService.</summary>
    public static void Check(Findings findings, EquatableArray<HttpRoute> rules)
    {
        if (rules.Count < 2 && (rules.IsEmpty || rules[0].Match.Count < 2))
            return;
        // Only the proper beginnings of a prefix can cover it: look those up instead of comparing all pairs.
        Dictionary<string, List<HttpMatchRequest>> earlier = new(StringComparer.Ordinal);
        Dictionary<string, List<HttpMatchRequest>>.AlternateLookup<ReadOnlySpan<char>> byBeginning =
            earlier.GetAlternateLookup<ReadOnlySpan<char>>();
        HashSet<HttpMatchRequest> seen = [];
        foreach (HttpRoute rule in rules)
        {
            // Istio leaves everything after a rule without conditions to the other warning.
            if (rule.Match.IsEmpty)
                break;
            foreach (HttpMatchRequest match in rule.Match)
            {
                if (match.Uri?.Prefix is not { Length: > 0 } prefix || !seen.Add(match with { Name = null }))
                    continue;
                for (int length = 1; length < prefix.Length; length++)
                {
                    if (!byBeginning.TryGetValue(prefix.AsSpan(0, length), out List<HttpMatchRequest>? candidates))
                        continue;
                    foreach (HttpMatchRequest candidate in candidates)
                    {
                        if (Covers(candidate, match))
                            findings.Unreachable(match, $"The match of prefix {prefix} is not used: it overlaps with the earlier prefix {candidate.Uri!.Prefix}.");
                    }
                }
                if (!earlier.TryGetValue(prefix, out List<HttpMatchRequest>? same))
                    earlier[prefix] = same = [];
                same.Add(match);
            }
        }
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
}
