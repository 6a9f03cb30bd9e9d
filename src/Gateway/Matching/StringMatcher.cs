using System.Text.RegularExpressions;

namespace Gateway.Matching;

/// <summary>How a <see cref="StringMatcher"/> compares.</summary>
internal enum StringMatchKind
{
    /// <summary>The value is there, whatever it is.</summary>
    Present,

    /// <summary>Equal.</summary>
    Exact,

    /// <summary>Begins with.</summary>
    Prefix,

    /// <summary>Equal, or begins with it and goes on with a slash: whole path segments.</summary>
    SegmentPrefix,

    /// <summary>The whole value matches a regular expression.</summary>
    Regex,
}

/// <summary>A compiled Istio StringMatch. Immutable; matching allocates nothing.</summary>
internal sealed class StringMatcher
{
    private readonly Regex? _regex;
    private readonly StringComparison _comparison;

    private StringMatcher(StringMatchKind kind, string value, bool ignoreCase, Regex? regex)
    {
        Kind = kind;
        Value = value;
        IgnoreCase = ignoreCase;
        _regex = regex;
        _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
    }

    /// <summary>Matches whatever is there.</summary>
    public static StringMatcher Present { get; } = new(StringMatchKind.Present, "", false, null);

    /// <summary>How it compares.</summary>
    public StringMatchKind Kind { get; }

    /// <summary>The text or pattern as configured; empty for Present.</summary>
    public string Value { get; }

    /// <summary>Whether Exact and Prefix ignore case (Istio <c>ignoreUriCase</c>).</summary>
    public bool IgnoreCase { get; }

    /// <summary>An exact match.</summary>
    public static StringMatcher Exact(string value, bool ignoreCase = false) => new(StringMatchKind.Exact, value, ignoreCase, null);

    /// <summary>A prefix match: plain text, not path segments.</summary>
    public static StringMatcher Prefix(string value, bool ignoreCase = false) => new(StringMatchKind.Prefix, value, ignoreCase, null);

    /// <summary>A prefix of whole path segments; <paramref name="value"/> has no slash at its end.</summary>
    public static StringMatcher SegmentPrefix(string value, bool ignoreCase = false) => new(StringMatchKind.SegmentPrefix, value, ignoreCase, null);

    /// <summary>A whole-value match of a regular expression made by <see cref="RegexCompiler"/>.</summary>
    public static StringMatcher FromRegex(string pattern, Regex compiled) => new(StringMatchKind.Regex, pattern, false, compiled);

    /// <summary>Whether <paramref name="value"/> matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> value) => Kind switch
    {
        StringMatchKind.Present => true,
        StringMatchKind.Exact => value.Equals(Value, _comparison),
        StringMatchKind.Prefix => value.StartsWith(Value, _comparison),
        StringMatchKind.SegmentPrefix => value.StartsWith(Value, _comparison) && (value.Length == Value.Length || value[Value.Length] == '/'),
        _ => _regex!.IsMatch(value),
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        StringMatchKind.Present => "present",
        StringMatchKind.Exact => $"exact \"{Value}\"",
        StringMatchKind.Prefix => $"prefix \"{Value}\"",
        StringMatchKind.SegmentPrefix => $"path prefix \"{Value}\"",
        _ => $"regex \"{Value}\"",
    };
}
