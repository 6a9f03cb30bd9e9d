using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Config.Patterns;

/// <summary>A bracketed class: <c>[^a-z\d[:alpha:]]</c>.</summary>
internal static class Re2CharacterClass
{
    private const string AllCharacters = @"\u0000-\uFFFF";

    /// <summary>Reads from the opening bracket to the closing one and appends the same class in .NET's words.</summary>
    public static bool Read(Re2Reader reader, StringBuilder output)
    {
        string whole = reader.Rest.ToString();
        reader.Skip(1);
        output.Append(reader.TrySkip("^") ? "[^" : "[");
        bool first = true;
        while (!reader.AtEnd && (reader.Peek != ']' || first))
        {
            first = false;
            if (reader.Rest.StartsWith("[:"))
            {
                int close = reader.Rest[2..].IndexOf(":]");
                if (close >= 0)
                {
                    if (!Posix(reader, reader.Rest.Slice(2, close).ToString(), output))
                        return false;
                    continue;
                }
            }
            if (reader.Peek == '\\' && Re2Escapes.TryReadClass(reader, out string? items, out bool negated))
            {
                if (negated)
                    AppendComplement(output, items);
                else
                    output.Append(items);
                continue;
            }
            if (reader.Failed || !Range(reader, output))
                return false;
        }
        if (reader.AtEnd)
            return reader.Fail($"missing closing ]: {whole}");
        reader.Skip(1);
        output.Append(']');
        return true;
    }

    private static bool Range(Re2Reader reader, StringBuilder output)
    {
        int start = reader.Position;
        if (!Character(reader, out int low))
            return false;
        int high = low;
        if (reader.PeekAt(0) == '-' && reader.Rest.Length >= 2 && reader.PeekAt(1) != ']')
        {
            reader.Skip(1);
            if (!Character(reader, out high))
                return false;
            if (high < low)
            {
                int end = reader.Position;
                reader.Position = start;
                return reader.Fail($"invalid character class range: {reader.Rest[..(end - start)]}");
            }
        }
        // .NET's classes know UTF-16 units only; a range that leaves them takes all surrogates.
        if (low <= 0xFFFF)
        {
            Re2Escapes.AppendLiteral(output, low);
            if (high != low)
            {
                output.Append('-');
                Re2Escapes.AppendLiteral(output, Math.Min(high, 0xFFFF));
            }
        }
        if (high > 0xFFFF)
            output.Append(@"\uD800-\uDFFF");
        return true;
    }

    private static bool Character(Re2Reader reader, out int codePoint)
    {
        codePoint = 0;
        if (reader.AtEnd)
            return reader.Fail("missing closing ]");
        if (reader.Peek == '\\')
            return Re2Escapes.TryReadCharacter(reader, out codePoint);
        codePoint = reader.TakeCodePoint();
        return true;
    }

    private static bool Posix(Re2Reader reader, string name, StringBuilder output)
    {
        bool negated = name.StartsWith('^');
        string? items = (negated ? name[1..] : name) switch
        {
            "alnum" => "0-9A-Za-z",
            "alpha" => "A-Za-z",
            "ascii" => @"\u0000-\u007F",
            "blank" => @"\t\u0020",
            "cntrl" => @"\u0000-\u001F\u007F",
            "digit" => "0-9",
            "graph" => @"\u0021-\u007E",
            "lower" => "a-z",
            "print" => @"\u0020-\u007E",
            "punct" => @"\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E",
            "space" => @"\t\n\v\f\r\u0020",
            "upper" => "A-Z",
            "word" => @"0-9A-Za-z\u005F",
            "xdigit" => "0-9A-Fa-f",
            _ => null,
        };
        if (items is null)
            return reader.Fail($"invalid character class range: [:{name}:]");
        reader.Skip(name.Length + 4);
        if (negated)
            AppendComplement(output, items);
        else
            output.Append(items);
        return true;
    }

    // .NET has no negated part inside a class but for categories, so the gaps are written out.
    private static void AppendComplement(StringBuilder output, string items)
    {
        if (items.StartsWith(@"\p", StringComparison.Ordinal))
        {
            output.Append(@"\P").Append(items, 2, items.Length - 2);
            return;
        }
        if (items == AllCharacters)
        {
            // Nothing is left, but .NET wants an item: U+FFFF is no character.
            output.Append(@"\uFFFF");
            return;
        }
        List<(int Low, int High)> ranges = Parse(items);
        ranges.Sort();
        int next = 0;
        foreach ((int low, int high) in ranges)
        {
            if (low > next)
                AppendRange(output, next, low - 1);
            next = high + 1;
        }
        AppendRange(output, next, 0xFFFF);
    }

    private static void AppendRange(StringBuilder output, int low, int high)
    {
        Re2Escapes.AppendLiteral(output, low);
        output.Append('-');
        Re2Escapes.AppendLiteral(output, high);
    }

    private static List<(int Low, int High)> Parse(string items)
    {
        Re2Reader reader = new(Unescape(items));
        List<(int, int)> ranges = [];
        while (!reader.AtEnd)
        {
            int low = reader.TakeCodePoint();
            int high = low;
            if (reader.TrySkip("-"))
                high = reader.TakeCodePoint();
            ranges.Add((low, high));
        }
        return ranges;
    }

    private static string Unescape(string items) => Regex.Unescape(items);
}
