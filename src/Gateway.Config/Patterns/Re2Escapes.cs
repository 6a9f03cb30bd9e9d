using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Gateway.Config.Patterns;

/// <summary>What follows a backslash, inside and outside of a character class.</summary>
internal static class Re2Escapes
{
    private const int MaxCodePoint = 0x10FFFF;

    private static readonly HashSet<string> Categories = new(StringComparer.Ordinal)
    {
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
        "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co",
    };

    /// <summary>Appends one character so that it means itself, inside and outside of a class.</summary>
    public static void AppendLiteral(StringBuilder output, int codePoint)
    {
        if (codePoint < 128 && char.IsAsciiLetterOrDigit((char)codePoint))
            output.Append((char)codePoint);
        else if (codePoint <= 0xFFFF)
            output.Append(CultureInfo.InvariantCulture, $"\\u{codePoint:X4}");
        else
            foreach (char unit in char.ConvertFromUtf32(codePoint))
                output.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
    }

    /// <summary>
    /// Reads <c>\d \s \w</c>, their negations and Unicode classes as items of a .NET class. False without an error: another escape.
    /// </summary>
    public static bool TryReadClass(Re2Reader reader, [NotNullWhen(true)] out string? items, out bool negated)
    {
        char c = reader.PeekAt(1);
        negated = c is 'D' or 'S' or 'W' or 'P';
        items = c switch
        {
            'd' or 'D' => "0-9",
            's' or 'S' => @"\t\n\f\r\u0020",
            'w' or 'W' => @"0-9A-Za-z\u005F",
            _ => null,
        };
        if (items is not null)
        {
            reader.Skip(2);
            return true;
        }
        return c is 'p' or 'P' && TryReadUnicodeClass(reader, out items, ref negated);
    }

    /// <summary>Reads an escape that stands for one character.</summary>
    public static bool TryReadCharacter(Re2Reader reader, out int codePoint)
    {
        int start = reader.Position;
        codePoint = 0;
        reader.Skip(1);
        if (reader.AtEnd)
            return reader.Fail("trailing backslash at end of expression");
        int c = reader.TakeCodePoint();
        switch (c)
        {
            case 'a':
                codePoint = '\a';
                return true;
            case 'f':
                codePoint = '\f';
                return true;
            case 'n':
                codePoint = '\n';
                return true;
            case 'r':
                codePoint = '\r';
                return true;
            case 't':
                codePoint = '\t';
                return true;
            case 'v':
                codePoint = '\v';
                return true;
            case 'x':
                if (TryReadHex(reader, out codePoint))
                    return true;
                break;
            // A single digit but 0 is a back-reference, which RE2 does not have.
            case '0':
            case >= '1' and <= '7' when reader.PeekAt(0) is >= '0' and <= '7':
                codePoint = c - '0';
                for (int i = 0; i < 2 && reader.PeekAt(0) is >= '0' and <= '7'; i++)
                {
                    codePoint = (codePoint * 8) + reader.Peek - '0';
                    reader.Skip(1);
                }
                return true;
            case < 128 when !char.IsAsciiLetterOrDigit((char)c):
                codePoint = c;
                return true;
            default:
                break;
        }
        int end = reader.Position;
        reader.Position = start;
        return reader.Fail($"invalid escape sequence: {reader.Rest[..(end - start)]}");
    }

    private static bool TryReadHex(Re2Reader reader, out int codePoint)
    {
        codePoint = 0;
        ReadOnlySpan<char> digits;
        int length;
        if (reader.PeekAt(0) == '{')
        {
            int close = reader.Rest.IndexOf('}');
            if (close < 0)
                return false;
            digits = reader.Rest[1..close];
            length = close + 1;
        }
        else
        {
            if (reader.Rest.Length < 2)
                return false;
            digits = reader.Rest[..2];
            length = 2;
        }
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('\0', '\x7F')
            || !int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out codePoint)
            || codePoint is < 0 or > MaxCodePoint)
        {
            return false;
        }
        reader.Skip(length);
        return true;
    }

    private static bool TryReadUnicodeClass(Re2Reader reader, [NotNullWhen(true)] out string? items, ref bool negated)
    {
        items = null;
        ReadOnlySpan<char> rest = reader.Rest;
        string name;
        int length;
        if (rest.Length > 2 && rest[2] == '{')
        {
            int close = rest.IndexOf('}');
            if (close < 0)
                return reader.Fail($"invalid character class range: {rest}");
            name = rest[3..close].ToString();
            length = close + 1;
        }
        else if (rest.Length > 2)
        {
            name = rest[2..3].ToString();
            length = 3;
        }
        else
        {
            return reader.Fail($"invalid character class range: {rest}");
        }
        string written = rest[..length].ToString();
        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }
        if (name == "Any")
            items = @"\u0000-\uFFFF";
        else if (Categories.Contains(name))
            items = $"\\p{{{name}}}";
        else
            return reader.Fail($"invalid character class range: {written} (general categories are known, scripts are not)");
        reader.Skip(length);
        return true;
    }
}
