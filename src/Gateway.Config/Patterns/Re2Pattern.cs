using System.Diagnostics.CodeAnalysis;

namespace Gateway.Config.Patterns;

/// <summary>
/// Regular expressions as Istio and Envoy write them: RE2 syntax. What RE2 refuses (look-around, back-references,
/// possessive quantifiers, nested repetition) is refused here with the reason; the rest becomes a .NET pattern that means
/// the same and that <c>RegexOptions.NonBacktracking</c> can run.
/// </summary>
public static class Re2Pattern
{
    /// <summary>Istio's limit for a pattern, in bytes of UTF-8.</summary>
    public const int MaxLengthBytes = 1024;

    /// <summary>
    /// Translates a pattern. Capturing groups keep their numbers and lose their names. The result is not anchored and
    /// needs no options but <c>NonBacktracking</c> and <c>CultureInvariant</c>.
    /// </summary>
    /// <param name="pattern">RE2 syntax.</param>
    /// <param name="translated">The .NET pattern.</param>
    /// <param name="error">What RE2 (or this translation: Unicode scripts) does not accept.</param>
    public static bool TryTranslate(string pattern, [NotNullWhen(true)] out string? translated, [NotNullWhen(false)] out string? error)
    {
        Re2Translator translator = new(pattern);
        error = translator.Run();
        translated = error is null ? translator.Result : null;
        return error is null;
    }
}
