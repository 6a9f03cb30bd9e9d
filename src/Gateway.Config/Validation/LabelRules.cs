using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Kubernetes labels and DNS labels (RFC 1123; Istio lets capitals pass).</summary>
internal static class LabelRules
{
    private const int MaxLabelLength = 63;
    private const int MaxKeyPrefixLength = 253;

    /// <summary>Letters, digits and inner hyphens, 1 to 63 of them.</summary>
    public static bool IsDnsLabel(ReadOnlySpan<char> value) => value.Length <= MaxLabelLength && IsDnsLabelText(value);

    /// <summary>A DNS label that may also be <c>*</c> or begin with <c>*</c> or <c>*-</c>.</summary>
    public static bool IsWildcardDnsLabel(ReadOnlySpan<char> value)
    {
        if (value.Length > MaxLabelLength || value.IsEmpty)
            return false;
        if (value[0] != '*')
            return IsDnsLabel(value);
        ReadOnlySpan<char> rest = value[1..];
        return rest.IsEmpty || IsDnsLabel(rest) || (rest[0] == '-' && IsDnsLabel(rest[1..]));
    }

    /// <summary>Keys and values that Kubernetes would take as labels.</summary>
    public static void Check(Findings findings, SpecRecord at, string field, EquatableMap<string> labels)
    {
        foreach (KeyValuePair<string, string> label in labels)
        {
            if (!IsLabelKey(label.Key))
                findings.ErrorAtKey(at, field, label.Key, $"Invalid tag key \"{label.Key}\": it must be a label name of at most 63 letters, digits, '-', '_' and '.', with an optional DNS prefix before a '/'.");
            if (label.Value is { Length: > 0 } value && !IsQualifiedName(value))
                findings.ErrorAtKey(at, field, label.Key, $"Invalid tag value \"{value}\": it must consist of letters, digits, '-', '_' and '.' and begin and end with a letter or digit.");
        }
    }

    /// <summary>A workload selector: no empty key, no wildcard.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool CheckSelector(Findings findings, SpecRecord selector, string field, EquatableMap<string> labels)
    {
        bool good = true;
        foreach (KeyValuePair<string, string> label in labels)
        {
            bool wildcard = label.Key.Contains('*', StringComparison.Ordinal) || label.Value.Contains('*', StringComparison.Ordinal);
            if (label.Key.Length == 0)
                findings.ErrorAtKey(selector, field, label.Key, "An empty key is not supported in a selector.");
            if (wildcard)
                findings.ErrorAtKey(selector, field, label.Key, $"A wildcard is not supported in a selector: \"{label.Key}={label.Value}\".");
            good &= label.Key.Length > 0 && !wildcard;
        }
        return good;
    }

    private static bool IsLabelKey(string key)
    {
        ReadOnlySpan<char> name = key;
        int slash = name.IndexOf('/');
        if (slash >= 0)
        {
            ReadOnlySpan<char> prefix = name[..slash];
            name = name[(slash + 1)..];
            if (prefix.Length > MaxKeyPrefixLength || !AreDnsNameParts(prefix))
                return false;
        }
        return name.Length <= MaxLabelLength && IsQualifiedName(name);
    }

    // Parts of a key's prefix have no length limit of their own.
    private static bool AreDnsNameParts(ReadOnlySpan<char> name)
    {
        foreach (Range part in name.Split('.'))
        {
            if (!IsDnsLabelText(name[part]))
                return false;
        }
        return true;
    }

    private static bool IsDnsLabelText(ReadOnlySpan<char> value)
    {
        if (value.IsEmpty || value[0] == '-' || value[^1] == '-')
            return false;
        foreach (char c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                return false;
        }
        return true;
    }

    private static bool IsQualifiedName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty || !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]))
            return false;
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }
        return true;
    }
}
