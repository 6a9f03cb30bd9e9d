namespace Gateway.Config.Binding;

/// <summary>
/// Durations as Go writes them (<c>1h2m3.5s</c>, <c>10ms</c>, <c>-1s</c>, <c>0</c>): the form Istio reads in its resources.
/// </summary>
internal static class GoDuration
{
    // Go counts in nanoseconds in 64 bits; a longer duration is an error there, hence here.
    private const decimal LongestNanoseconds = long.MaxValue;

    /// <summary>Reads a duration; what is finer than 100 ns is cut off.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        bool valid = TryParseNanoseconds(text, out decimal nanoseconds);
        value = TimeSpan.FromTicks((long)decimal.Truncate(nanoseconds / TimeSpan.NanosecondsPerTick));
        return valid;
    }

    /// <summary>Reads a duration in nanoseconds, with what is finer.</summary>
    public static bool TryParseNanoseconds(string text, out decimal value)
    {
        value = default;
        ReadOnlySpan<char> rest = text;
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+'))
            rest = rest[1..];
        if (rest is "0")
            return true;
        if (rest.IsEmpty)
            return false;
        decimal total = 0;
        while (!rest.IsEmpty)
        {
            if (!TryReadNumber(ref rest, out decimal number) || !TryReadUnit(ref rest, out long nanoseconds))
                return false;
            total += number * nanoseconds;
            if (total > LongestNanoseconds)
                return false;
        }
        value = negative ? -total : total;
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<char> rest, out decimal number)
    {
        number = 0;
        int at = 0;
        int digits = 0;
        for (; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits++)
        {
            number = number * 10 + (rest[at] - '0');
            if (number > LongestNanoseconds)
                return false;
        }
        if (at < rest.Length && rest[at] == '.')
        {
            decimal unit = 1;
            for (at++; at < rest.Length && char.IsAsciiDigit(rest[at]); at++, digits++)
            {
                // Hours in nanoseconds have 13 digits: what follows them changes nothing.
                if (unit > 1e-15m)
                    number += (rest[at] - '0') * (unit /= 10);
            }
        }
        rest = rest[at..];
        return digits > 0;
    }

    private static bool TryReadUnit(ref ReadOnlySpan<char> rest, out long nanoseconds)
    {
        int length = 0;
        while (length < rest.Length && rest[length] != '.' && !char.IsAsciiDigit(rest[length]))
            length++;
        nanoseconds = rest[..length] switch
        {
            "ns" => 1,
            "us" or "\u00b5s" or "\u03bcs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => 0,
        };
        rest = rest[length..];
        return nanoseconds != 0;
    }
}
