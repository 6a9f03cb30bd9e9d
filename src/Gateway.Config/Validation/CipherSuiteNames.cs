namespace Gateway.Config.Validation;

/// <summary>Cipher suites by their OpenSSL names, as far as BoringSSL has them.</summary>
public static class CipherSuiteNames
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA",
        "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA", "DES-CBC3-SHA",
    };

    /// <summary>Whether the text can be used. Operators (<c>-X</c>, <c>+X</c>, <c>!X</c>, <c>[a|b]</c>) are not taken apart.</summary>
    public static bool IsKnown(string suite) =>
        suite is "" or "ALL" || !char.IsLetterOrDigit(suite[0]) || Known.Contains(suite);
}
