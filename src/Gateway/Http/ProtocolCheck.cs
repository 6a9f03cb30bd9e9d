using System.Buffers;
using System.Globalization;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>An answer to a request that breaks the protocol, or whose form we do not serve.</summary>
internal sealed record ProtocolFault(int Status, string Body, string Details, ResponseFlags Flags = ResponseFlags.DownstreamProtocolError);

/// <summary>
/// What the HTTP server lets through and a proxy must not: two proxies that disagree on where a message ends can be
/// made to smuggle a request. Looked at before anything is forwarded; Envoy's answers.
/// </summary>
internal static class ProtocolCheck
{
    // What Kestrel makes of Content-Length when Transfer-Encoding came with it.
    private const string RemovedContentLength = "X-Content-Length";

    private static readonly ProtocolFault LowVersion = new(426, "Upgrade Required", "low_version");
    private static readonly ProtocolFault LengthAndChunked = new(400, "Bad Request", "http1.content_length_and_chunked_not_allowed");
    private static readonly ProtocolFault BodyOfConnect = new(400, "Bad Request", "http1.body_disallowed");
    private static readonly ProtocolFault RepeatedEncoding = new(400, "Bad Request", "http1.invalid_transfer_encoding");
    private static readonly ProtocolFault UnknownEncoding = new(501, "Not Implemented", "http1.invalid_transfer_encoding");
    private static readonly ProtocolFault HttpsOnPlainText = new(403, "Forbidden", "http1.https_url_on_plaintext_connection");
    private static readonly ProtocolFault HeadersTooLarge = new(431, "Request Header Fields Too Large", "http1.headers_too_large");
    private static readonly ProtocolFault ConnectionSpecificHeader = new(400, "Bad Request", "http2.violation.of.messaging.rule");
    private static readonly ProtocolFault InvalidUrl = new(400, "Bad Request", "http1.invalid_url");
    private static readonly ProtocolFault InvalidCharacters = new(400, "Bad Request", "http1.invalid_characters");
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // Everything of Latin-1 but control characters; tab may stand in a value.
    private static readonly SearchValues<char> ValueCharacters =
        SearchValues.Create(['\t', .. Enumerable.Range(' ', 0x7f - ' ').Select(c => (char)c), .. Enumerable.Range(0x80, 0x80).Select(c => (char)c)]);

    private static readonly ProtocolFault InvalidAuthority = new(400, "", "http.invalid_authority");

    /// <summary>For a Connection header that may not say what it says.</summary>
    public static ProtocolFault BadConnectionHeader { get; } = new(400, "Bad Request", "http1.connection_header_rejected");

    /// <summary>For a request without a host.</summary>
    public static ProtocolFault MissingHost { get; } = new(400, "", "missing_host_header", ResponseFlags.None);

    /// <summary>For a target that is not a path.</summary>
    public static ProtocolFault NotAPath { get; } = new(404, "", "absolute_path_rejected", ResponseFlags.None);

    /// <summary>For a path that cannot be normalized.</summary>
    public static ProtocolFault BadPath { get; } = new(400, "", "path_normalization_failed", ResponseFlags.None);

    /// <summary>Checks an HTTP/1 request; null = nothing to object to.</summary>
    public static ProtocolFault? CheckHttp1(RequestContext request, string rawTarget, in RequestTarget target, HttpSettings settings)
    {
        bool isConnect = HttpMethods.IsConnect(request.Method);
        // Some clients of proxies ask for tunnels by HTTP/1.0; nothing of what it lacks is needed there.
        if (request.Info.Protocol == "HTTP/1.0" && !isConnect)
            return LowVersion;
        // RFC 9110, 9.3.6: a CONNECT request has no body; bytes that claim to be one would be the tunnel's.
        if (isConnect && request.HasBody)
            return BodyOfConnect;
        RequestHeaders headers = request.Headers;
        if (headers.TryGetValue(HeaderNames.TransferEncoding, out StringValues encoding))
        {
            if (CheckTransferEncoding(encoding, headers.ContainsKey(RemovedContentLength)) is { } fault)
                return fault;
        }
        // The server limits the header lines; with the request line they may pass Envoy's limit for both.
        if (rawTarget.Length > KestrelLimits.MaxHeadersBytes)
            return HeadersTooLarge;
        return target.Scheme == "https" && !request.Connection.IsTls && settings.NumTrustedProxies == 0 ? HttpsOnPlainText : null;
    }

    /// <summary>Checks an HTTP/2 request; null = nothing to object to.</summary>
    public static ProtocolFault? CheckHttp2(IHeaderDictionary headers) =>
        headers.ContainsKey(HeaderNames.TransferEncoding) || headers.ContainsKey(HeaderNames.Connection) ? ConnectionSpecificHeader : null;

    /// <summary>
    /// Checks what will stand in an upstream's request line and headers, whatever HTTP version it came by: the server lets
    /// line breaks in an HTTP/2 path pass, and to an HTTP/1 upstream they would be a second request.
    /// </summary>
    /// <param name="rawTarget">The target, as sent.</param>
    /// <param name="headers">The headers.</param>
    /// <param name="traits">What else was seen on the way.</param>
    public static ProtocolFault? CheckCharacters(string rawTarget, RequestHeaders headers, out HeaderTraits traits)
    {
        traits = HeaderTraits.None;
        if (rawTarget.AsSpan().ContainsAnyExceptInRange('!', '~'))
            return InvalidUrl;
        for (int i = 0; i < headers.Count; i++)
        {
            string name = headers.NameAt(i);
            if (!IsClean(name, headers.ValueAt(i)))
                return InvalidCharacters;
            traits |= HeaderTraitsOf.Name(name);
        }
        return null;
    }

    /// <summary>Checks the authority: what Envoy's codec lets through is a host, a port, and nothing else.</summary>
    public static ProtocolFault? CheckAuthority(string authority)
    {
        if (authority.Length == 0)
            return MissingHost;
        foreach (char c in authority)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"-._~!$&'()*+,;=:[]%".Contains(c, StringComparison.Ordinal))
                return InvalidAuthority;
        }
        int colon = authority.LastIndexOf(':');
        bool hasPort = colon >= 0 && !authority.AsSpan(colon).Contains(']');
        return hasPort && colon + 1 < authority.Length &&
            !ushort.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? InvalidAuthority
                : null;
    }

    private static bool IsClean(string name, in StringValues values)
    {
        // Pseudo headers (:authority) are the server's own.
        ReadOnlySpan<char> token = name.StartsWith(':') ? name.AsSpan(1) : name;
        if (token.IsEmpty || token.ContainsAnyExcept(TokenCharacters))
            return false;
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i].AsSpan().ContainsAnyExcept(ValueCharacters))
                return false;
        }
        return true;
    }

    private static ProtocolFault? CheckTransferEncoding(StringValues encoding, bool hadContentLength)
    {
        if (hadContentLength)
            return LengthAndChunked;
        if (encoding.Count == 1 && string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase))
            return null;
        foreach (string? line in encoding)
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> coding = line.AsSpan(range).Trim();
                if (!coding.IsEmpty && !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                    return UnknownEncoding;
            }
        }
        return RepeatedEncoding;
    }
}
