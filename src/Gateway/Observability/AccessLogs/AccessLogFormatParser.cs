using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Gateway.Observability.AccessLogs;

/// <summary>
/// Reads Envoy's format strings. What it cannot understand becomes a problem in words and prints as a missing value.
/// </summary>
internal static class AccessLogFormatParser
{
    /// <summary>Reads a text format; a line end is added if there is none.</summary>
    public static AccessLogFormat ParseText(string format, List<string> problems)
    {
        if (!format.EndsWith('\n'))
            format += "\n";
        return new AccessLogFormat { IsJson = false, Segments = [new LogSegment(default, Parts(format, json: false, problems))] };
    }

    /// <summary>Reads a JSON format: an object whose values are format strings or objects of them; null if it is not one.</summary>
    public static AccessLogFormat? ParseJson(string format, List<string> problems)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(format, new JsonDocumentOptions { MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add("a JSON access-log format must be an object");
                return null;
            }
            JsonSegments segments = new(problems);
            segments.Object(document.RootElement);
            segments.Text("\n");
            return new AccessLogFormat { IsJson = true, Segments = segments.ToSegments() };
        }
        catch (JsonException e)
        {
            problems.Add($"the JSON access-log format cannot be read: {e.Message}");
            return null;
        }
    }

    private static ImmutableArray<LogPart> Parts(string format, bool json, List<string> problems)
    {
        ImmutableArray<LogPart>.Builder parts = ImmutableArray.CreateBuilder<LogPart>();
        StringBuilder literal = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                literal.Append(format[i]);
                continue;
            }
            if (i + 1 < format.Length && format[i + 1] == '%')
            {
                literal.Append('%');
                i++;
                continue;
            }
            int end = OperatorEnd(format, i + 1);
            if (end < 0)
            {
                problems.Add($"a '%' at position {i + 1} is never closed; write '%%' for a percent sign");
                literal.Append(format, i, format.Length - i);
                break;
            }
            Flush(literal, json, parts);
            parts.Add(Operator(format[(i + 1)..end], problems));
            i = end;
        }
        Flush(literal, json, parts);
        return parts.DrainToImmutable();
    }

    /// <summary>The closing percent sign: those within parentheses (time patterns) do not close.</summary>
    private static int OperatorEnd(string format, int start)
    {
        bool inArgument = false;
        for (int i = start; i < format.Length; i++)
        {
            switch (format[i])
            {
                case '(':
                    inArgument = true;
                    break;
                case ')':
                    inArgument = false;
                    break;
                case '%' when !inArgument:
                    return i;
            }
        }
        return -1;
    }

    private static void Flush(StringBuilder literal, bool json, ImmutableArray<LogPart>.Builder parts)
    {
        if (literal.Length == 0)
            return;
        string text = literal.ToString();
        parts.Add(new LogPart { Operator = LogOperator.Literal, Literal = Encoding.UTF8.GetBytes(json ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text) : text) });
        literal.Clear();
    }

    private static LogPart Operator(string text, List<string> problems)
    {
        string name = text;
        string argument = "";
        string length = "";
        int open = text.IndexOf('(', StringComparison.Ordinal);
        if (open >= 0)
        {
            int close = text.LastIndexOf(')');
            if (close < open)
                return Absent($"%{text}% lacks its closing parenthesis", problems);
            name = text[..open];
            argument = text[(open + 1)..close];
            length = text[(close + 1)..];
        }
        else if (text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0)
        {
            name = text[..colon];
            length = text[colon..];
        }

        if (!LogOperators.TryFind(name, out LogOperator found))
            return Absent($"%{name}% is not an operator that Envoy knows", problems);
        if (found == LogOperator.Absent)
            return Absent($"%{name}% has no value in this gateway", problems);
        int maxLength = 0;
        if (length.Length > 0 && (length[0] != ':' || !int.TryParse(length.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out maxLength)))
            return Absent($"%{text}%: ':' must be followed by a length", problems);
        return found switch
        {
            LogOperator.StartTime => StartTime(argument, problems),
            LogOperator.RequestHeader or LogOperator.ResponseHeader or LogOperator.ResponseTrailer => Header(found, text, argument, maxLength, problems),
            _ => new LogPart { Operator = found, MaxLength = maxLength },
        };
    }

    private static LogPart StartTime(string pattern, List<string> problems)
    {
        if (pattern.Length == 0)
            return new LogPart { Operator = LogOperator.StartTime };
        TimePattern? time = TimePattern.Parse(pattern, out string? problem);
        return time is null ? Absent($"%START_TIME({pattern})%: {problem}", problems) : new LogPart { Operator = LogOperator.StartTime, Time = time };
    }

    private static LogPart Header(LogOperator kind, string text, string argument, int maxLength, List<string> problems)
    {
        int question = argument.IndexOf('?', StringComparison.Ordinal);
        string first = question < 0 ? argument : argument[..question];
        string second = question < 0 ? "" : argument[(question + 1)..];
        if (first.Length == 0)
            return Absent($"%{text}% names no header", problems);
        bool request = kind == LogOperator.RequestHeader;
        HeaderReference header = Reference(first, request);
        HeaderReference? alternative = second.Length == 0 ? null : Reference(second, request);
        // StreamInfo keeps the client's own path, which is what Envoy puts into x-envoy-original-path when it rewrites.
        if (request && header.Name == "x-envoy-original-path" && alternative is { Known: KnownHeader.Path })
            (header, alternative) = (alternative.Value, null);
        return new LogPart { Operator = kind, Header = header, Alternative = alternative, MaxLength = maxLength };
    }

    private static HeaderReference Reference(string name, bool request)
    {
        name = name.ToLowerInvariant();
        return new HeaderReference(name, request ? RequestPlace(name) : ResponsePlace(name));
    }

    private static KnownHeader RequestPlace(string name) => name switch
    {
        ":method" => KnownHeader.Method,
        ":path" => KnownHeader.Path,
        ":authority" or "host" => KnownHeader.Authority,
        ":scheme" => KnownHeader.Scheme,
        "x-forwarded-for" => KnownHeader.ForwardedFor,
        "user-agent" => KnownHeader.UserAgent,
        "x-request-id" => KnownHeader.RequestId,
        _ => KnownHeader.None,
    };

    private static KnownHeader ResponsePlace(string name) => name switch
    {
        ":status" => KnownHeader.Status,
        "x-envoy-upstream-service-time" => KnownHeader.UpstreamServiceTime,
        _ => KnownHeader.None,
    };

    private static LogPart Absent(string problem, List<string> problems)
    {
        problems.Add(problem);
        return new LogPart { Operator = LogOperator.Absent };
    }

    /// <summary>Collects a JSON line: fixed text between values, keys in ordinal order at every level as Envoy writes them.</summary>
    private sealed class JsonSegments(List<string> problems)
    {
        private readonly ImmutableArray<LogSegment>.Builder _segments = ImmutableArray.CreateBuilder<LogSegment>();
        private readonly StringBuilder _fixed = new();

        public void Text(string text) => _fixed.Append(text);

        public void Object(JsonElement element)
        {
            SortedDictionary<string, JsonElement> members = new(StringComparer.Ordinal);
            foreach (JsonProperty member in element.EnumerateObject())
                members[member.Name] = member.Value;
            char separator = '{';
            if (members.Count == 0)
                _fixed.Append('{');
            foreach ((string name, JsonElement value) in members)
            {
                _fixed.Append(separator).Append('"').Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(name)).Append("\":");
                separator = ',';
                Value(value);
            }
            _fixed.Append('}');
        }

        public ImmutableArray<LogSegment> ToSegments()
        {
            FlushFixed();
            return _segments.DrainToImmutable();
        }

        private void Value(JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    Object(value);
                    break;
                case JsonValueKind.String:
                    FlushFixed();
                    _segments.Add(new LogSegment(default, Parts(value.GetString()!, json: true, problems)));
                    break;
                default:
                    _fixed.Append(value.GetRawText());
                    break;
            }
        }

        private void FlushFixed()
        {
            if (_fixed.Length == 0)
                return;
            _segments.Add(new LogSegment(Encoding.UTF8.GetBytes(_fixed.ToString()), []));
            _fixed.Clear();
        }
    }
}
