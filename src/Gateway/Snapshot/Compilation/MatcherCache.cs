using System.Text.RegularExpressions;
using Gateway.Config.Model;
using Gateway.Matching;

namespace Gateway.Snapshot.Compilation;

/// <summary>Compiles string matches, each different one once: ten thousand routes share the few patterns they use.</summary>
internal sealed class MatcherCache
{
    private readonly Dictionary<(StringMatchKind Kind, string Value, bool IgnoreCase), StringMatcher> _matchers = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Compiles a match; false with the reason when its regular expression is not usable.</summary>
    public bool TryGet(StringMatch match, bool ignoreCase, out StringMatcher matcher, out string error)
    {
        error = "";
        matcher = StringMatcher.Present;
        (StringMatchKind Kind, string Value, bool IgnoreCase) key = match switch
        {
            { Exact: { } exact } => (StringMatchKind.Exact, exact, ignoreCase),
            { Prefix: { } prefix } => (StringMatchKind.Prefix, prefix, ignoreCase),
            { Regex: { } regex } => (StringMatchKind.Regex, regex, false),
            _ => (StringMatchKind.Present, "", false),
        };
        if (key.Kind == StringMatchKind.Present)
            return true;
        if (_matchers.TryGetValue(key, out StringMatcher? known))
        {
            matcher = known;
            return true;
        }
        if (key.Kind != StringMatchKind.Regex)
        {
            matcher = key.Kind == StringMatchKind.Exact ? StringMatcher.Exact(key.Value, ignoreCase) : StringMatcher.Prefix(key.Value, ignoreCase);
        }
        else if (RegexCompiler.TryCompileWhole(key.Value, out Regex? compiled, out string? problem))
        {
            matcher = StringMatcher.FromRegex(key.Value, compiled);
        }
        else
        {
            error = problem;
            return false;
        }
        _matchers.Add(key, matcher);
        return true;
    }

    /// <summary>The lower-case form of a header name, shared.</summary>
    public string HeaderName(string name)
    {
        if (!_names.TryGetValue(name, out string? lower))
            _names.Add(name, lower = name.ToLowerInvariant());
        return lower;
    }
}
