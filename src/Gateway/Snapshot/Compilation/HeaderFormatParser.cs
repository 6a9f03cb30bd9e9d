using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Splits a header value into literal parts and Envoy's substitution operators: <c>%NAME%</c>, <c>%NAME(argument)%</c>,
/// <c>%NAME(argument):length%</c>; <c>%%</c> is a percent sign.
/// </summary>
internal static class HeaderFormatParser
{
    /// <summary>Parses a value. A percent sign that begins no operator is taken as it is: validation has warned.</summary>
    public static HeaderValueFormat Parse(string value)
    {
        if (!value.Contains('%', StringComparison.Ordinal))
            return new HeaderValueFormat(value, default);
        var parts = new List<HeaderValuePart>();
        var literal = new StringBuilder();
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] != '%')
            {
                literal.Append(value[i]);
            }
            else if (i + 1 < value.Length && value[i + 1] == '%')
            {
                literal.Append('%');
                i++;
            }
            else if (TryReadOperator(value, i, out HeaderValuePart? part, out int end))
            {
                FlushLiteral(parts, literal);
                parts.Add(part);
                i = end;
            }
            else
            {
                literal.Append('%');
            }
        }
        if (parts.Count == 0)
            return new HeaderValueFormat(literal.ToString(), default);
        FlushLiteral(parts, literal);
        return new HeaderValueFormat(null, parts.ToEquatableArray());
    }

    private static void FlushLiteral(List<HeaderValuePart> parts, StringBuilder literal)
    {
        if (literal.Length > 0)
            parts.Add(new HeaderValuePart(literal.ToString(), null, "", 0));
        literal.Clear();
    }

    /// <summary>Reads an operator that begins at a percent sign; <paramref name="end"/> is its closing one.</summary>
    private static bool TryReadOperator(string value, int start, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeaderValuePart? part, out int end)
    {
        part = null;
        end = start + 1;
        while (end < value.Length && (char.IsAsciiLetterUpper(value[end]) || char.IsAsciiDigit(value[end]) || value[end] == '_'))
            end++;
        string name = value[(start + 1)..end];
        if (name.Length == 0)
            return false;
        string argument = "";
        if (end < value.Length && value[end] == '(')
        {
            int close = value.IndexOf(')', end);
            if (close < 0)
                return false;
            argument = value[(end + 1)..close];
            end = close + 1;
        }
        int maxLength = 0;
        if (end < value.Length && value[end] == ':')
        {
            int digits = end + 1;
            while (digits < value.Length && char.IsAsciiDigit(value[digits]))
                digits++;
            if (!int.TryParse(value.AsSpan(end + 1, digits - end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out maxLength))
                return false;
            end = digits;
        }
        if (end >= value.Length || value[end] != '%')
            return false;
        part = new HeaderValuePart(value[start..(end + 1)], name, argument, maxLength);
        return true;
    }
}
