using System.Text.RegularExpressions;

namespace Gateway.Matching;

/// <summary>How a <see cref="TextPattern"/> compares.</summary>
internal enum TextPatternKind
{
    /// <summary>There is a value, empty or not.</summary>
    Present,

    /// <summary>There is a value, and it is not empty.</summary>
    NotEmpty,

    /// <summary>Equal.</summary>
    Exact,

    /// <summary>Begins with.</summary>
    Prefix,

    /// <summary>Ends with.</summary>
    Suffix,

    /// <summary>The whole value matches an expression.</summary>
    Regex,

    /// <summary>A path of segments with <c>{*}</c> and <c>{**}</c>.</summary>
    Template,
}

/// <summary>One value of an AuthorizationPolicy, compiled. Immutable; matching allocates nothing.</summary>
internal sealed class TextPattern
{
    private readonly StringComparison _comparison;
    private readonly Regex? _regex;
    private readonly PathTemplate? _template;

    private TextPattern(TextPatternKind kind, string text, bool ignoreCase = false, Regex? regex = null, PathTemplate? template = null)
    {
        Kind = kind;
        Text = text;
        IgnoresCase = ignoreCase;
        _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        _regex = regex;
        _template = template;
    }

    /// <summary>How it compares.</summary>
    public TextPatternKind Kind { get; }

    /// <summary>What it compares with, without wildcards.</summary>
    public string Text { get; }

    /// <summary>Whether upper and lower case are the same.</summary>
    public bool IgnoresCase { get; }

    /// <summary>The text with which everything begins that can match; empty = anything may.</summary>
    public string LiteralPrefix => Kind switch
    {
        TextPatternKind.Exact or TextPatternKind.Prefix => Text,
        TextPatternKind.Template => _template!.LiteralPrefix,
        _ => "",
    };

    /// <summary><c>*</c> = not empty, <c>*x</c>, <c>x*</c>, or equal.</summary>
    public static TextPattern Wildcard(string value, bool ignoreCase = false, TextPatternKind any = TextPatternKind.NotEmpty)
    {
        if (value == "*")
            return new TextPattern(any, "");
        if (value.StartsWith('*'))
            return new TextPattern(TextPatternKind.Suffix, value[1..], ignoreCase);
        return value.EndsWith('*')
            ? new TextPattern(TextPatternKind.Prefix, value[..^1], ignoreCase)
            : new TextPattern(TextPatternKind.Exact, value, ignoreCase);
    }

    /// <summary>Equal.</summary>
    public static TextPattern Exact(string value) => new(TextPatternKind.Exact, value);

    /// <summary>Begins with.</summary>
    public static TextPattern Prefix(string value) => new(TextPatternKind.Prefix, value);

    /// <summary>Ends with.</summary>
    public static TextPattern Suffix(string value) => new(TextPatternKind.Suffix, value);

    /// <summary>Not empty.</summary>
    public static TextPattern NotEmpty { get; } = new(TextPatternKind.NotEmpty, "");

    /// <summary>A path: a template if it has <c>{*}</c> or <c>{**}</c>, else with wildcards.</summary>
    public static TextPattern Path(string value) => PathTemplate.IsTemplate(value)
        ? new TextPattern(TextPatternKind.Template, value, template: new PathTemplate(value))
        : Wildcard(value);

    /// <summary>The whole value matches; <paramref name="pattern"/> is made by the program, not by users.</summary>
    public static TextPattern Expression(string pattern) =>
        new(TextPatternKind.Regex, pattern, regex: new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline));

    /// <summary>Whether <paramref name="value"/> matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> value) => Kind switch
    {
        TextPatternKind.Exact => value.Equals(Text, _comparison),
        TextPatternKind.Prefix => value.StartsWith(Text, _comparison),
        TextPatternKind.Suffix => value.EndsWith(Text, _comparison),
        TextPatternKind.NotEmpty => !value.IsEmpty,
        TextPatternKind.Template => _template!.IsMatch(value),
        TextPatternKind.Regex => _regex!.IsMatch(value),
        _ => true,
    };

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        TextPatternKind.Present or TextPatternKind.NotEmpty => "*",
        TextPatternKind.Prefix => Text + "*",
        TextPatternKind.Suffix => "*" + Text,
        _ => Text,
    };
}
