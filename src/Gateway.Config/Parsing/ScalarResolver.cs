using System.Globalization;

namespace Gateway.Config.Parsing;

/// <summary>
/// What an unquoted scalar is. Kubernetes reads YAML 1.1 (<c>yes</c>, <c>on</c>, <c>0x1F</c>, <c>1_000</c>) and turns it
/// into JSON before it looks at types; a document that it would refuse for its types must be refused here too.
/// </summary>
internal static class ScalarResolver
{
    /// <summary>The kind of a plain scalar.</summary>
    public static ConfigNodeKind Resolve(string text)
    {
        if (text.Length == 0)
            return ConfigNodeKind.Null;
        switch (text[0])
        {
            case '~' or 'n' or 'N' when text is "~" or "null" or "Null" or "NULL":
                return ConfigNodeKind.Null;
            case 't' or 'T' or 'f' or 'F' or 'y' or 'Y' or 'n' or 'N' or 'o' or 'O' when TryParseBoolean(text, out _):
                return ConfigNodeKind.Boolean;
            case (>= '0' and <= '9') or '+' or '-' or '.':
                if (TryParseInteger(text, out _))
                    return ConfigNodeKind.Integer;
                return TryParseNumber(text, out _) ? ConfigNodeKind.Float : ConfigNodeKind.String;
            default:
                return ConfigNodeKind.String;
        }
    }

    /// <summary>Whether a plain scalar says "nothing".</summary>
    public static bool IsNull(ReadOnlySpan<char> text) => text is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>Reads YAML 1.1's words for true and false; single letters stay strings.</summary>
    public static bool TryParseBoolean(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON";
        return value || text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF";
    }

    /// <summary>Reads a whole number: decimal, <c>0x</c>, <c>0o</c>, <c>0b</c>, or octal by a leading zero; <c>_</c> may group digits.</summary>
    public static bool TryParseInteger(string text, out Int128 value)
    {
        value = 0;
        ReadOnlySpan<char> digits = text;
        bool negative = digits.StartsWith('-');
        if (negative || digits.StartsWith('+'))
            digits = digits[1..];
        int radix = 10;
        if (digits.Length > 1 && digits[0] == '0')
        {
            radix = digits[1] switch { 'x' or 'X' => 16, 'o' or 'O' => 8, 'b' or 'B' => 2, '_' or (>= '0' and <= '9') => 8, _ => 0 };
            if (radix == 0)
                return false;
            digits = digits[(char.IsAsciiDigit(digits[1]) || digits[1] == '_' ? 1 : 2)..];
        }
        if (digits.IsEmpty || digits[0] == '_' || digits[^1] == '_')
            return false;
        foreach (char c in digits)
        {
            if (c == '_')
                continue;
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiHexDigit(c) ? char.ToLowerInvariant(c) - 'a' + 10 : radix;
            if (digit >= radix || value > ulong.MaxValue)
                return false;
            value = value * radix + digit;
        }
        value = negative ? -value : value;
        return true;
    }

    /// <summary>Reads any finite decimal number; infinity and not-a-number have no JSON form and are refused.</summary>
    public static bool TryParseNumber(string text, out double value)
    {
        value = 0;
        return text.Length > 0 && (char.IsAsciiDigit(text[^1]) || text[^1] == '.') && text != "." &&
            double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value) &&
            double.IsFinite(value);
    }
}
