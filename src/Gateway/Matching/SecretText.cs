using System.Text.RegularExpressions;

namespace Gateway.Matching;

/// <summary>Keeps tokens and credentials out of what people are shown.</summary>
internal static class SecretText
{
    private const string Hidden = "(hidden)";

    // Header and payload are JSON objects, which begin so in base64.
    private static readonly Regex Token =
        new(@"eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,2}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    /// <summary>Whether a header carries credentials by its name.</summary>
    public static bool IsSecretHeader(string name) =>
        name.Equals("authorization", StringComparison.OrdinalIgnoreCase) || name.Equals("proxy-authorization", StringComparison.OrdinalIgnoreCase)
        || name.Equals("cookie", StringComparison.OrdinalIgnoreCase) || name.Equals("set-cookie", StringComparison.OrdinalIgnoreCase);

    /// <summary>A header's value as it may be shown.</summary>
    public static string ShowHeader(string name, string value) => IsSecretHeader(name) ? Hidden : Show(value);

    /// <summary>A text with everything hidden that looks like a signed token or its payload.</summary>
    public static string Show(string text) => text.Contains("eyJ", StringComparison.Ordinal) ? Token.Replace(text, Hidden) : text;
}
