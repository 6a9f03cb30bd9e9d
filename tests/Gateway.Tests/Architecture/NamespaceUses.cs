using System.Text.RegularExpressions;

namespace Gateway.Tests.Architecture;

/// <summary>Which namespaces a C# file names: by its <c>using</c>s and by names written out in full.</summary>
internal static partial class NamespaceUses
{
    /// <summary>Everything that begins with <c>Gateway.</c> in a using or in code; comments and strings do not count.</summary>
    public static IEnumerable<string> OfGateway(string text) =>
        GatewayName().Matches(CodeOnly(text)).Select(m => m.Value).Where(n => !n.StartsWith("Gateway.dll", StringComparison.Ordinal)).Distinct();

    /// <summary>The namespaces of all <c>using</c> directives, aliases and static ones included.</summary>
    public static IEnumerable<string> Usings(string text) =>
        UsingDirective().Matches(CodeOnly(text)).Select(m => m.Groups["name"].Value).Distinct();

    /// <summary>The file-scoped namespace, or null.</summary>
    public static string? Declared(string text)
    {
        Match match = NamespaceDeclaration().Match(CodeOnly(text));
        return match.Success ? match.Groups["name"].Value : null;
    }

    private static string CodeOnly(string text) => Noise().Replace(text, m => m.Value.StartsWith('/') ? " " : "\"\"");

    [GeneratedRegex(@"(?<![\w.])(?:global::)?(?<name>Gateway(?:\.[A-Z]\w*)+)")]
    private static partial Regex GatewayName();

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?(?:global::)?(?<name>[A-Za-z_][\w.]*)[^;(]*;", RegexOptions.Multiline)]
    private static partial Regex UsingDirective();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)\s*[;{]", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    // Raw strings first: they may hold quotes and slashes.
    [GeneratedRegex("\"\"\"+[\\s\\S]*?\"\"\"+|@\"(?:[^\"]|\"\")*\"|\"(?:\\\\.|[^\"\\\\\\n])*\"|'(?:\\\\.|[^'\\\\\\n])+'|//[^\\n]*|/\\*[\\s\\S]*?\\*/")]
    private static partial Regex Noise();
}
