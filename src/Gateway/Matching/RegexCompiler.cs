using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Gateway.Config.Patterns;

namespace Gateway.Matching;

/// <summary>Turns RE2 patterns, as Istio writes them, into .NET expressions that run in linear time.</summary>
internal static class RegexCompiler
{
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>Compiles a pattern that must match a whole value.</summary>
    /// <param name="pattern">RE2 syntax.</param>
    /// <param name="regex">The compiled expression.</param>
    /// <param name="error">What is wrong with the pattern.</param>
    public static bool TryCompileWhole(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? error) =>
        TryCompile(pattern, whole: true, out regex, out error);

    /// <summary>Compiles a pattern that is searched for.</summary>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? error) =>
        TryCompile(pattern, whole: false, out regex, out error);

    /// <summary>Turns RE2's replacement syntax (<c>\1</c>, <c>\\</c>) into .NET's (<c>${1}</c>).</summary>
    public static string TranslateReplacement(string replacement)
    {
        var result = new System.Text.StringBuilder(replacement.Length + 8);
        for (int i = 0; i < replacement.Length; i++)
        {
            char c = replacement[i];
            if (c == '\\' && i + 1 < replacement.Length && char.IsAsciiDigit(replacement[i + 1]))
                result.Append("${").Append(replacement[++i]).Append('}');
            else if (c == '\\' && i + 1 < replacement.Length && replacement[i + 1] == '\\')
                result.Append(replacement[++i]);
            else if (c == '$')
                result.Append("$$");
            else
                result.Append(c);
        }
        return result.ToString();
    }

    private static bool TryCompile(string pattern, bool whole, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? error)
    {
        regex = null;
        if (!Re2Pattern.TryTranslate(pattern, out string? translated, out error))
            return false;
        try
        {
            regex = new Regex(whole ? $"\\A(?:{translated})\\z" : translated, Options);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            error = e.Message;
            return false;
        }
    }
}
