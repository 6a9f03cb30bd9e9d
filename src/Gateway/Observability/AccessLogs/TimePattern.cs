using System.Globalization;

namespace Gateway.Observability.AccessLogs;

/// <summary>A strftime pattern as Envoy's <c>START_TIME(…)</c> takes it, always in UTC. Immutable.</summary>
internal sealed class TimePattern
{
    /// <summary>The longest text that a pattern gives; the rest is cut.</summary>
    public const int MaxLength = 256;

    private readonly (string? Literal, char Directive, int Digits)[] _parts;

    private TimePattern((string? Literal, char Directive, int Digits)[] parts) => _parts = parts;

    /// <summary>Takes a pattern apart; null and <paramref name="problem"/> when a directive is unknown.</summary>
    public static TimePattern? Parse(string pattern, out string? problem)
    {
        List<(string?, char, int)> parts = [];
        int literalStart = 0;
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] != '%')
                continue;
            if (i > literalStart)
                parts.Add((pattern[literalStart..i], '\0', 0));
            i++;
            int digits = 0;
            if (i < pattern.Length && char.IsAsciiDigit(pattern[i]))
                digits = pattern[i++] - '0';
            if (i >= pattern.Length || !IsKnown(pattern[i], digits))
            {
                problem = $"the time pattern has an unknown directive at position {i}";
                return null;
            }
            parts.Add((null, pattern[i], digits));
            literalStart = i + 1;
        }
        if (literalStart < pattern.Length)
            parts.Add((pattern[literalStart..], '\0', 0));
        problem = null;
        return new TimePattern([.. parts]);
    }

    /// <summary>Writes a time; returns how many characters were written.</summary>
    public int Format(DateTimeOffset time, Span<char> target)
    {
        int length = 0;
        foreach ((string? literal, char directive, int digits) in _parts)
        {
            Span<char> rest = target[length..];
            if (literal is null)
                length += Directive(directive, digits, time, rest);
            else if (literal.TryCopyTo(rest))
                length += literal.Length;
        }
        return length;
    }

    private static bool IsKnown(char directive, int digits) =>
        directive == 'f' || (digits == 0 && "YmdHMSTFZzseyjbBaAD%".Contains(directive, StringComparison.Ordinal));

    private static int Directive(char directive, int digits, DateTimeOffset time, Span<char> target)
    {
        int written = 0;
        switch (directive)
        {
            case 's':
                _ = time.ToUnixTimeSeconds().TryFormat(target, out written, default, CultureInfo.InvariantCulture);
                return written;
            case 'f':
                // Envoy: %f is nanoseconds with nine digits, %3f milliseconds, %6f microseconds.
                long nanoseconds = time.UtcTicks % TimeSpan.TicksPerSecond * 100;
                Span<char> nine = stackalloc char[9];
                _ = nanoseconds.TryFormat(nine, out _, "D9", CultureInfo.InvariantCulture);
                int count = digits is 0 or > 9 ? 9 : digits;
                return nine[..count].TryCopyTo(target) ? count : 0;
            case 'j':
                _ = time.UtcDateTime.DayOfYear.TryFormat(target, out written, "D3", CultureInfo.InvariantCulture);
                return written;
            case 'e':
                _ = time.UtcDateTime.Day.TryFormat(target, out written, default, CultureInfo.InvariantCulture);
                return written;
            default:
                _ = time.UtcDateTime.TryFormat(target, out written, DotNetFormat(directive), CultureInfo.InvariantCulture);
                return written;
        }
    }

    private static ReadOnlySpan<char> DotNetFormat(char directive) => directive switch
    {
        'Y' => "yyyy",
        'y' => "yy",
        'm' => "MM",
        'd' => "dd",
        'H' => "HH",
        'M' => "mm",
        'S' => "ss",
        'T' => "HH:mm:ss",
        'F' => "yyyy-MM-dd",
        'D' => "MM/dd/yy",
        'Z' => "'UTC'",
        'z' => "'+0000'",
        'b' => "MMM",
        'B' => "MMMM",
        'a' => "ddd",
        'A' => "dddd",
        _ => "'%'",
    };
}
