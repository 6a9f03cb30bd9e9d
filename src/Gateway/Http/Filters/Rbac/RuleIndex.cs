using System.Runtime.InteropServices;
using Gateway.Matching;

namespace Gateway.Http.Filters.Rbac;

/// <summary>
/// Finds the first rule that matches without testing them all: a rule that asks for certain paths is only tested for
/// those, one that asks for certain hosts or methods only for those, and the rest always. The answer is the one of testing
/// the rules in their order.
/// </summary>
internal sealed class RuleIndex
{
    // Below this, testing all is as quick.
    private const int MinRules = 8;

    private readonly RbacRule[] _rules;
    private readonly bool _isIndexed;
    private readonly List<int> _always = [];
    private readonly Dictionary<string, List<int>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _byPathPrefix = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<int>> _byHost = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<int>> _byMethod = new(StringComparer.Ordinal);
    private readonly int[] _prefixLengths;

    public RuleIndex(RbacRule[] rules)
    {
        _rules = rules;
        _isIndexed = rules.Length >= MinRules;
        for (int i = 0; i < rules.Length; i++)
            Place(rules[i], i);
        _prefixLengths = [.. _byPathPrefix.Keys.Select(prefix => prefix.Length).Distinct().Order()];
    }

    /// <summary>The first rule that matches; null = none does.</summary>
    public RbacRule? Find(RbacInput input)
    {
        int best = _rules.Length;
        if (!_isIndexed)
        {
            for (int i = 0; i < best; i++)
            {
                if (_rules[i].IsMatch(input))
                    return _rules[i];
            }
            return null;
        }
        Test(_always, input, ref best);
        if (_byPath.Count > 0 && _byPath.TryGetValue(input.Path, out List<int>? exact))
            Test(exact, input, ref best);
        if (_prefixLengths.Length > 0)
            TestPrefixes(input, ref best);
        if (_byHost.Count > 0 && _byHost.TryGetValue(input.Authority, out List<int>? hosts))
            Test(hosts, input, ref best);
        if (_byMethod.Count > 0 && _byMethod.TryGetValue(input.Method, out List<int>? methods))
            Test(methods, input, ref best);
        return best < _rules.Length ? _rules[best] : null;
    }

    private void TestPrefixes(RbacInput input, ref int best)
    {
        Dictionary<string, List<int>>.AlternateLookup<ReadOnlySpan<char>> prefixes = _byPathPrefix.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (int length in _prefixLengths)
        {
            if (length > input.Path.Length)
                return;
            if (prefixes.TryGetValue(input.Path.AsSpan(0, length), out List<int>? found))
                Test(found, input, ref best);
        }
    }

    private void Test(List<int> candidates, RbacInput input, ref int best)
    {
        foreach (int candidate in CollectionsMarshal.AsSpan(candidates))
        {
            if (candidate >= best)
                return;
            if (_rules[candidate].IsMatch(input))
            {
                best = candidate;
                return;
            }
        }
    }

    private void Place(RbacRule rule, int number)
    {
        if (rule.Permissions.Count == 0)
            return;
        if (PlaceByPath(rule, number) || PlaceExact(rule, number, RbacText.Host, _byHost) || PlaceExact(rule, number, RbacText.Method, _byMethod))
            return;
        _always.Add(number);
    }

    private bool PlaceByPath(RbacRule rule, int number)
    {
        if (Patterns(rule, RbacText.Path) is not { } patterns || patterns.Any(pattern => pattern.LiteralPrefix.Length == 0))
            return false;
        foreach (TextPattern pattern in patterns)
            Add(pattern.Kind == TextPatternKind.Exact ? _byPath : _byPathPrefix, pattern.LiteralPrefix, number);
        return true;
    }

    private static bool PlaceExact(RbacRule rule, int number, RbacText text, Dictionary<string, List<int>> index)
    {
        if (Patterns(rule, text) is not { } patterns || patterns.Any(pattern => pattern.Kind != TextPatternKind.Exact))
            return false;
        foreach (TextPattern pattern in patterns)
            Add(index, pattern.Text, number);
        return true;
    }

    /// <summary>All patterns one of which must hold for the rule to match; null = a match may do without any.</summary>
    private static List<TextPattern>? Patterns(RbacRule rule, RbacText text)
    {
        var all = new List<TextPattern>();
        foreach (IReadOnlyList<RbacCondition> permission in rule.Permissions)
        {
            if (permission.OfType<TextCondition>().FirstOrDefault(condition => condition.Text == text && !condition.Negated) is not { } condition)
                return null;
            all.AddRange(condition.Patterns);
        }
        return all;
    }

    private static void Add(Dictionary<string, List<int>> index, string key, int number)
    {
        if (!index.TryGetValue(key, out List<int>? numbers))
            index.Add(key, numbers = []);
        if (numbers.Count == 0 || numbers[^1] != number)
            numbers.Add(number);
    }
}
