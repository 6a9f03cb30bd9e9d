using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>
/// Warnings about rules and matches of one VirtualService that can never take traffic because an earlier one does: a rule
/// after one without conditions, a match written twice, a path prefix covered by an earlier one.
/// </summary>
internal static class UnreachableRules
{
    /// <summary>Checks the rules of each protocol.</summary>
    public static void Check(Findings findings, VirtualServiceSpec spec)
    {
        CheckDuplicates(findings, spec.Http, rule => rule.Match, Normalize, (rule, i) => string.IsNullOrEmpty(rule.Name) ? $"#{i}" : $"\"{rule.Name}\"");
        CheckDuplicates(findings, spec.Tcp, rule => rule.Match, match => match, (_, i) => $"#{i}");
        CheckDuplicates(findings, spec.Tls, rule => rule.Match, match => match, (_, i) => $"#{i}");
        CoveredPrefixRules.Check(findings, spec.Http);
    }

    private static void CheckDuplicates<TRule, TMatch>(
        Findings findings,
        EquatableArray<TRule> rules,
        Func<TRule, EquatableArray<TMatch>> matchesOf,
        Func<TMatch, TMatch> normalize,
        Func<TRule, int, string> nameOf)
        where TRule : SpecRecord
        where TMatch : SpecRecord
    {
        if (rules.Count == 0 || (rules.Count == 1 && matchesOf(rules[0]).Count < 2))
            return;
        Dictionary<TMatch, int> seen = [];
        int catchAll = -1;
        for (int i = 0; i < rules.Count; i++)
        {
            TRule rule = rules[i];
            EquatableArray<TMatch> matches = matchesOf(rule);
            if (matches.IsEmpty)
            {
                if (catchAll >= 0)
                    findings.Unreachable(rule, $"Rule {nameOf(rule, i)} is not used: only the last rule can have no matches.");
                catchAll = i;
                continue;
            }
            int duplicates = 0;
            foreach (TMatch match in matches)
            {
                if (catchAll >= 0)
                {
                    findings.Unreachable(match, $"Rule {nameOf(rule, i)} is not used: rule {nameOf(rules[catchAll], catchAll)}, a route without matches, is defined before.");
                }
                else if (!seen.TryAdd(normalize(match), i))
                {
                    int first = seen[normalize(match)];
                    findings.Unreachable(match, $"The match is not used: it is a duplicate of one in rule {nameOf(rules[first], first)}.");
                    duplicates++;
                }
            }
            if (duplicates == matches.Count)
                findings.Unreachable(rule, $"Rule {nameOf(rule, i)} is not used: all matches are used by prior rules.");
        }
    }

    // The name of a match changes nothing; a field left out equals its default.
    private static HttpMatchRequest Normalize(HttpMatchRequest match) => match with
    {
        Name = null,
        Port = match.Port ?? 0,
        IgnoreUriCase = match.IgnoreUriCase ?? false,
        SourceNamespace = match.SourceNamespace ?? "",
        StatPrefix = match.StatPrefix ?? "",
    };
}
