using System.Globalization;
using System.Text;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>
/// Envoy's substitution strings in header values: <c>%DOWNSTREAM_REMOTE_ADDRESS%</c>, <c>%REQ(X-A?X-B):20%</c> … A value
/// is split once, when the configuration is compiled, and filled in per request. A missing value is <c>-</c>, except in
/// a header that consists of the operator alone: there it is empty, and an empty operation does nothing.
/// </summary>
internal static class HeaderValueFormatter
{
    /// <summary>Splits a value. What is not a well-formed operator stays as it is written; <c>%%</c> is a percent sign.</summary>
    public static HeaderValueFormat Parse(string value)
    {
        value = HeaderText.ToWire(value);
        if (!value.Contains('%', StringComparison.Ordinal))
            return new HeaderValueFormat(value, []);
        List<HeaderValuePart> parts = [];
        var literal = new StringBuilder();
        int at = 0;
        while (at < value.Length)
        {
            if (value[at] != '%')
            {
                literal.Append(value[at++]);
            }
            else if (at + 1 < value.Length && value[at + 1] == '%')
            {
                literal.Append('%');
                at += 2;
            }
            else if (ReadOperator(value, ref at) is { } part)
            {
                if (literal.Length > 0)
                    parts.Add(new HeaderValuePart(literal.ToString(), null, "", 0));
                literal.Clear();
                parts.Add(part);
            }
            else
            {
                literal.Append(value[at++]);
            }
        }
        if (parts.Count == 0)
            return new HeaderValueFormat(literal.ToString(), []);
        if (literal.Length > 0)
            parts.Add(new HeaderValuePart(literal.ToString(), null, "", 0));
        return new HeaderValueFormat(null, [.. parts]);
    }

    /// <summary>The value for one request.</summary>
    /// <param name="format">What <see cref="Parse"/> made.</param>
    /// <param name="info">What is known of the request.</param>
    /// <param name="request">Request headers.</param>
    /// <param name="response">Response headers; null before there are any.</param>
    public static string Format(HeaderValueFormat format, StreamInfo info, IHeaderDictionary request, IHeaderDictionary? response)
    {
        if (format.Literal is { } literal)
            return literal;
        if (format.Parts.Count == 1)
            return Evaluate(format.Parts[0], info, request, response) ?? "";
        var text = new StringBuilder();
        foreach (HeaderValuePart part in format.Parts)
            text.Append(part.Operator is null ? part.Text : Evaluate(part, info, request, response) ?? "-");
        return text.ToString();
    }

    private static HeaderValuePart? ReadOperator(string value, ref int at)
    {
        int i = at + 1;
        while (i < value.Length && (char.IsAsciiLetterUpper(value[i]) || char.IsAsciiDigit(value[i]) || value[i] == '_'))
            i++;
        if (i == at + 1)
            return null;
        string name = value[(at + 1)..i];
        string argument = "";
        int maxLength = 0;
        if (i < value.Length && value[i] == '(')
        {
            int close = value.IndexOf(')', i);
            if (close < 0)
                return null;
            argument = value[(i + 1)..close];
            i = close + 1;
        }
        if (i < value.Length && value[i] == ':')
        {
            int digits = ++i;
            while (i < value.Length && char.IsAsciiDigit(value[i]))
                i++;
            if (!int.TryParse(value.AsSpan(digits, i - digits), NumberStyles.None, CultureInfo.InvariantCulture, out maxLength))
                return null;
        }
        if (i >= value.Length || value[i] != '%')
            return null;
        var part = new HeaderValuePart(value[at..(i + 1)], name, argument, maxLength);
        at = i + 1;
        return part;
    }

    private static string? Evaluate(HeaderValuePart part, StreamInfo info, IHeaderDictionary request, IHeaderDictionary? response)
    {
        string? value = Lookup(part, info, request, response);
        return part.MaxLength > 0 && value?.Length > part.MaxLength ? value[..part.MaxLength] : value;
    }

    private static string? Lookup(HeaderValuePart part, StreamInfo info, IHeaderDictionary request, IHeaderDictionary? response) =>
        part.Operator switch
        {
            "REQ" => Header(part.Argument, info, request),
            "RESP" => response is null ? null : Header(part.Argument, info, response),
            "START_TIME" => StartTime(part.Argument, info),
            "PROTOCOL" => info.Protocol,
            "RESPONSE_CODE" => Number(info.ResponseCode),
            "RESPONSE_CODE_DETAILS" => info.ResponseCodeDetails,
            "RESPONSE_FLAGS" => ResponseFlagsText.Short(info.Flags),
            "BYTES_RECEIVED" => Number(info.BytesReceived),
            "BYTES_SENT" => Number(info.BytesSent),
            "ROUTE_NAME" => info.RouteName,
            "UPSTREAM_HOST" or "UPSTREAM_REMOTE_ADDRESS" => info.UpstreamHost,
            "UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => WithoutPort(info.UpstreamHost),
            "UPSTREAM_CLUSTER" or "UPSTREAM_CLUSTER_RAW" => info.UpstreamCluster,
            "UPSTREAM_LOCAL_ADDRESS" => info.UpstreamLocalAddress,
            "UPSTREAM_TRANSPORT_FAILURE_REASON" => info.UpstreamTransportFailureReason,
            "DOWNSTREAM_REMOTE_ADDRESS" => info.Connection?.RemoteAddress,
            "DOWNSTREAM_DIRECT_REMOTE_ADDRESS" => info.Connection?.RemoteAddress,
            "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT" => info.ClientAddress ?? info.Connection?.RemoteIp,
            "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT" => info.Connection?.RemoteIp,
            "DOWNSTREAM_REMOTE_PORT" or "DOWNSTREAM_DIRECT_REMOTE_PORT" => Port(info.Connection?.RemoteEndPoint),
            "DOWNSTREAM_LOCAL_ADDRESS" => info.Connection?.LocalAddress,
            "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT" => info.Connection?.LocalIp,
            "DOWNSTREAM_LOCAL_PORT" => Port(info.Connection?.LocalEndPoint),
            "DOWNSTREAM_TLS_VERSION" => info.Connection?.TlsVersion,
            "DOWNSTREAM_PEER_SUBJECT" => info.Connection?.ClientCertificate?.Subject,
            "DOWNSTREAM_PEER_ISSUER" => info.Connection?.ClientCertificate?.Issuer,
            "DOWNSTREAM_PEER_SERIAL" => info.Connection?.ClientCertificate?.SerialNumber.ToLowerInvariant(),
            "DOWNSTREAM_PEER_FINGERPRINT_256" => info.Connection?.ClientCertificate?
                .GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant(),
            "REQUESTED_SERVER_NAME" => info.Connection?.RequestedServerName,
            "HOSTNAME" => Environment.MachineName,
            _ => null,
        };

    private static string? Header(string argument, StreamInfo info, IHeaderDictionary headers)
    {
        // %REQ(A?B)%: the second name is asked when the first is missing; semantics writes the same as A?:B in Istio's log format.
        int question = argument.IndexOf('?', StringComparison.Ordinal);
        string first = question < 0 ? argument : argument[..question];
        return Named(first, info, headers) ?? (question < 0 ? null : Named(argument[(question + 1)..], info, headers));
    }

    private static string? Named(string name, StreamInfo info, IHeaderDictionary headers)
    {
        if (!name.StartsWith(':'))
            return headers.TryGetValue(name, out StringValues values) && values.Count > 0 ? values.ToString() : null;
        return name.ToUpperInvariant() switch
        {
            ":METHOD" => info.Method,
            ":PATH" => info.Path,
            ":AUTHORITY" => info.Authority,
            ":SCHEME" => info.Scheme,
            ":STATUS" => Number(info.ResponseCode),
            _ => null,
        };
    }

    private static string StartTime(string argument, StreamInfo info)
    {
        if (argument.Length == 0)
            return info.StartTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        for (int i = 0; i < argument.Length; i++)
        {
            if (argument[i] != '%' || i + 1 == argument.Length)
            {
                text.Append(argument[i]);
                continue;
            }
            i += TimePart(argument.AsSpan(i + 1), info.StartTime.UtcDateTime, text);
        }
        return text.ToString();
    }

    // strftime's common letters, and Envoy's %Nf: N digits of the fraction of the second.
    private static int TimePart(ReadOnlySpan<char> format, DateTime time, StringBuilder text)
    {
        if (format.Length > 1 && char.IsAsciiDigit(format[0]) && format[1] == 'f')
        {
            text.Append((time.Ticks % TimeSpan.TicksPerSecond * 100).ToString("D9", CultureInfo.InvariantCulture), 0, Math.Clamp(format[0] - '0', 1, 9));
            return 2;
        }
        string? dotnet = format[0] switch
        {
            'Y' => "yyyy",
            'm' => "MM",
            'd' => "dd",
            'H' => "HH",
            'M' => "mm",
            'S' => "ss",
            'y' => "yy",
            'F' => "yyyy-MM-dd",
            'T' => "HH:mm:ss",
            'b' => "MMM",
            'B' => "MMMM",
            'a' => "ddd",
            'A' => "dddd",
            'f' => "fffffff",
            _ => null,
        };
        if (dotnet is not null)
            text.Append(dotnet.Length == 1 ? time.ToString("%" + dotnet, CultureInfo.InvariantCulture) : time.ToString(dotnet, CultureInfo.InvariantCulture));
        else if (format[0] == 's')
            text.Append(new DateTimeOffset(time, TimeSpan.Zero).ToUnixTimeSeconds());
        else if (format[0] == 'z')
            text.Append("+0000");
        else if (format[0] == 'Z')
            text.Append("UTC");
        else
            text.Append(format[0]);
        return 1;
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string? Port(System.Net.EndPoint? endPoint) => endPoint is System.Net.IPEndPoint ip ? Number(ip.Port) : null;

    private static string? WithoutPort(string? address)
    {
        int colon = address?.LastIndexOf(':') ?? -1;
        return colon < 0 ? address : address![..colon].Trim('[', ']');
    }
}
