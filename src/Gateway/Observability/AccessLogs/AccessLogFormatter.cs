using System.Collections.Immutable;
using System.Globalization;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Observability.AccessLogs;

/// <summary>Writes one request as one line, without making strings.</summary>
internal static class AccessLogFormatter
{
    private enum Kind
    {
        Missing,
        Text,
        Number,
    }

    /// <summary>Writes the line, its end included.</summary>
    public static void Write(AccessLogFormat format, StreamInfo info, ref LogLine line)
    {
        Span<char> scratch = stackalloc char[TimePattern.MaxLength];
        foreach (LogSegment segment in format.Segments)
        {
            if (segment.Value.IsEmpty)
                line.Append(segment.Fixed.Span);
            else if (format.IsJson)
                WriteJson(segment.Value, info, scratch, ref line);
            else
                WriteText(segment.Value, info, json: false, scratch, ref line);
        }
        line.EndCutLine();
    }

    private static void WriteText(ImmutableArray<LogPart> parts, StreamInfo info, bool json, scoped Span<char> scratch, ref LogLine line)
    {
        foreach (LogPart part in parts)
        {
            if (part.Operator == LogOperator.Literal)
            {
                line.Append(part.Literal.Span);
                continue;
            }
            switch (Get(part, info, scratch, out ReadOnlySpan<char> text, out long number))
            {
                case Kind.Number:
                    line.Append(number);
                    break;
                case Kind.Text:
                    line.AppendEscaped(text, json);
                    break;
                default:
                    line.Append("-"u8);
                    break;
            }
        }
    }

    private static void WriteJson(ImmutableArray<LogPart> parts, StreamInfo info, scoped Span<char> scratch, ref LogLine line)
    {
        // Envoy: a value made of one operator keeps its type, and is null when missing.
        if (parts.Length == 1 && parts[0].Operator != LogOperator.Literal)
        {
            switch (Get(parts[0], info, scratch, out ReadOnlySpan<char> text, out long number))
            {
                case Kind.Number:
                    line.Append(number);
                    return;
                case Kind.Missing:
                    line.Append("null"u8);
                    return;
                default:
                    line.Append("\""u8);
                    line.AppendEscaped(text, json: true);
                    line.Append("\""u8);
                    return;
            }
        }
        line.Append("\""u8);
        WriteText(parts, info, json: true, scratch, ref line);
        line.Append("\""u8);
    }

    private static Kind Get(LogPart part, StreamInfo info, Span<char> scratch, out ReadOnlySpan<char> text, out long number)
    {
        number = 0;
        text = default;
        switch (part.Operator)
        {
            case LogOperator.StartTime:
                int length = part.Time is null ? DefaultTime(info.StartTime, scratch) : part.Time.Format(info.StartTime, scratch);
                text = scratch[..length];
                return Kind.Text;
            case LogOperator.ResponseCode:
                number = info.ResponseCode;
                return Kind.Number;
            case LogOperator.BytesReceived:
                number = info.BytesReceived;
                return Kind.Number;
            case LogOperator.BytesSent:
                number = info.BytesSent;
                return Kind.Number;
            case LogOperator.Duration:
                number = (long)info.Duration.TotalMilliseconds;
                return Kind.Number;
            case LogOperator.DownstreamLocalPort:
                return Port(info.Connection?.LocalAddress, out number);
            case LogOperator.DownstreamRemotePort when IsForwarded(info):
                return Kind.Number;
            case LogOperator.DownstreamRemotePort:
            case LogOperator.DownstreamDirectRemotePort:
                return Port(info.Connection?.RemoteAddress, out number);
            case LogOperator.DownstreamRemoteAddress when IsForwarded(info):
                text = WithPortZero(info.ClientAddress, scratch);
                break;
            case LogOperator.UpstreamHostPort:
                return Port(info.UpstreamHost, out number);
            case LogOperator.RequestHeader:
            case LogOperator.ResponseHeader:
            case LogOperator.ResponseTrailer:
                text = HeaderValue(part, part.Header, info, scratch);
                if (text.IsEmpty && part.Alternative is { } alternative)
                    text = HeaderValue(part, alternative, info, scratch);
                break;
            default:
                text = Text(part.Operator, info);
                break;
        }
        if (text.IsEmpty)
            return Kind.Missing;
        if (part.MaxLength > 0 && text.Length > part.MaxLength)
            text = text[..part.MaxLength];
        return Kind.Text;
    }

    private static ReadOnlySpan<char> Text(LogOperator source, StreamInfo info) => source switch
    {
        LogOperator.Protocol => info.Protocol,
        LogOperator.ResponseFlags => ResponseFlagsText.Short(info.Flags),
        LogOperator.ResponseFlagsLong => ResponseFlagsText.Long(info.Flags),
        LogOperator.ResponseCodeDetails => info.ResponseCodeDetails,
        LogOperator.ConnectionTerminationDetails => info.ConnectionTerminationDetails,
        LogOperator.UpstreamTransportFailureReason => info.UpstreamTransportFailureReason,
        LogOperator.UpstreamHost => info.UpstreamHost,
        LogOperator.UpstreamHostWithoutPort => WithoutPort(info.UpstreamHost),
        LogOperator.UpstreamCluster => info.UpstreamCluster,
        LogOperator.UpstreamLocalAddress => info.UpstreamLocalAddress,
        LogOperator.DownstreamLocalAddress => info.Connection?.LocalAddress,
        LogOperator.DownstreamLocalAddressWithoutPort => info.Connection?.LocalIp,
        LogOperator.DownstreamRemoteAddress or LogOperator.DownstreamDirectRemoteAddress => info.Connection?.RemoteAddress,
        LogOperator.DownstreamRemoteAddressWithoutPort => info.ClientAddress ?? info.Connection?.RemoteIp,
        LogOperator.DownstreamDirectRemoteAddressWithoutPort => info.Connection?.RemoteIp,
        LogOperator.RequestedServerName => info.Connection?.RequestedServerName,
        LogOperator.DownstreamTlsVersion => info.Connection?.TlsVersion,
        LogOperator.RouteName => info.RouteName,
        LogOperator.GrpcStatus => info.GrpcStatus,
        _ => default,
    };

    private static ReadOnlySpan<char> HeaderValue(LogPart part, HeaderReference header, StreamInfo info, Span<char> scratch)
    {
        int written;
        switch (header.Known)
        {
            case KnownHeader.Method:
                return info.Method;
            case KnownHeader.Path:
                return info.Path;
            case KnownHeader.Authority:
                return info.Authority;
            case KnownHeader.Scheme:
                return info.Scheme;
            case KnownHeader.ForwardedFor:
                return info.ForwardedFor;
            case KnownHeader.UserAgent:
                return info.UserAgent;
            case KnownHeader.RequestId:
                return info.RequestId;
            case KnownHeader.Status:
                _ = info.ResponseCode.TryFormat(scratch, out written, default, CultureInfo.InvariantCulture);
                return info.ResponseCode == 0 ? default : scratch[..written];
            case KnownHeader.UpstreamServiceTime:
                if (info.UpstreamServiceTimeMs is not { } milliseconds)
                    return default;
                _ = milliseconds.TryFormat(scratch, out written, default, CultureInfo.InvariantCulture);
                return scratch[..written];
        }
        IHeaderDictionary? headers = part.Operator switch
        {
            LogOperator.RequestHeader => info.RequestHeaders,
            LogOperator.ResponseHeader => info.ResponseHeaders,
            _ => info.ResponseTrailers,
        };
        // Envoy prints the first of several values.
        return headers is not null && headers.TryGetValue(header.Name, out StringValues values) && values.Count > 0 ? values[0] : default;
    }

    private static int DefaultTime(DateTimeOffset time, Span<char> target)
    {
        _ = time.UtcDateTime.TryFormat(target, out int written, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        return written;
    }

    private static bool IsForwarded(StreamInfo info) => info.ClientAddress is { } client && client != info.Connection?.RemoteIp;

    // What Envoy prints for an address that came without a port.
    private static ReadOnlySpan<char> WithPortZero(ReadOnlySpan<char> address, Span<char> scratch) =>
        (address.Contains(':') ? scratch.TryWrite($"[{address}]:0", out int written) : scratch.TryWrite($"{address}:0", out written)) ? scratch[..written] : address;

    private static ReadOnlySpan<char> WithoutPort(string? address)
    {
        ReadOnlySpan<char> text = address;
        int colon = text.LastIndexOf(':');
        return (colon < 0 ? text : text[..colon]).Trim("[]");
    }

    private static Kind Port(string? address, out long number)
    {
        number = 0;
        ReadOnlySpan<char> text = address;
        int colon = text.LastIndexOf(':');
        return colon >= 0 && long.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out number) ? Kind.Number : Kind.Missing;
    }
}
