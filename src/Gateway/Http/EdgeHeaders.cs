using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>What <see cref="EdgeHeaders"/> must know of a request beside its headers.</summary>
internal readonly struct EdgeRequest
{
    /// <summary>The direct peer's address, without port.</summary>
    public required string PeerIp { get; init; }

    /// <summary>Whether the peer is on this host.</summary>
    public required bool PeerIsLoopback { get; init; }

    /// <summary>Our address of the connection, without port.</summary>
    public required string LocalIp { get; init; }

    /// <summary>Whether the connection is TLS.</summary>
    public required bool IsTls { get; init; }

    /// <summary>Whether the client speaks HTTP/1: only there Connection and Upgrade mean something.</summary>
    public required bool IsHttp1 { get; init; }

    /// <summary>The listener's configured port.</summary>
    public required int ListenerPort { get; init; }

    /// <summary>A fresh request id.</summary>
    public required string RequestId { get; init; }

    /// <summary>What the client's certificate is told as; null = it has none.</summary>
    public string? ForwardedClientCertificate { get; init; }

    /// <summary>Our entry in <c>x-forwarded-for</c>.</summary>
    public string ForwardedFor => PeerIsLoopback ? LocalIp : PeerIp;
}

/// <summary>What came out of Apply.</summary>
/// <param name="ClientAddress">The trusted address of the client.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>, by which routes are chosen.</param>
/// <param name="Upgrade">The protocol the client wants to change to; null = none. Connection and Upgrade are then kept.</param>
/// <param name="BadConnectionHeader">Connection names something that may not be removed this way: 400.</param>
internal readonly record struct EdgeResult(string ClientAddress, string Scheme, string? Upgrade, bool BadConnectionHeader);

/// <summary>
/// What an edge gateway does to request headers before routing looks at them (Envoy's <c>mutateRequestHeaders</c> with
/// <c>use_remote_address</c>). Pure over the headers; the data plane and <c>gateway explain</c> call the same function.
/// </summary>
internal static class EdgeHeaders
{
    private const int MaxConnectionTokens = 10;

    private static readonly SearchValues<char> NeverInUri = SearchValues.Create("<>\"`{}|\\^");

    // Envoy's cleanInternalHeaders for a client that is external and at the edge.
    private static readonly string[] ControlHeaders =
    [
        "x-envoy-decorator-operation", "x-envoy-downstream-service-cluster", "x-envoy-downstream-service-node",
        HeaderNames.OriginalPath, HeaderNames.OriginalHost,
        "x-envoy-retriable-status-codes", "x-envoy-retriable-header-names", "x-envoy-retry-on", "x-envoy-retry-grpc-on",
        "x-envoy-max-retries", "x-envoy-upstream-alt-stat-name", "x-envoy-upstream-rq-timeout-ms",
        "x-envoy-upstream-rq-per-try-timeout-ms", "x-envoy-upstream-rq-timeout-alt-response",
        HeaderNames.ExpectedTimeout, "x-envoy-force-trace", "x-envoy-ip-tags", "x-envoy-original-url",
        "x-envoy-hedge-on-per-try-timeout", HeaderNames.Internal,
    ];

    /// <summary>Changes <paramref name="headers"/> to what goes on.</summary>
    public static EdgeResult Apply(IHeaderDictionary headers, in EdgeRequest request, HttpSettings settings) =>
        Apply(headers, request, settings, HeaderTraitsOf.All(headers));

    /// <summary>As the other one, where the traits of the headers are known.</summary>
    public static EdgeResult Apply(IHeaderDictionary headers, in EdgeRequest request, HttpSettings settings, HeaderTraits traits)
    {
        if ((traits & HeaderTraits.Control) != 0)
        {
            foreach (string name in ControlHeaders)
                headers.Remove(name);
        }
        string? upgrade = null;
        if ((traits & HeaderTraits.HopByHop) != 0)
        {
            upgrade = request.IsHttp1 ? UpgradeToken(headers) : null;
            // An h2c upgrade is not taken up; the request is served as HTTP/1.1.
            if (upgrade is not null && upgrade.Equals("h2c", StringComparison.OrdinalIgnoreCase))
            {
                headers.Remove("http2-settings");
                upgrade = null;
            }
            if (request.IsHttp1 && !RemoveConnectionHeaders(headers, upgrade is not null))
                return new EdgeResult(request.PeerIp, request.IsTls ? "https" : "http", null, BadConnectionHeader: true);
            if (upgrade is null)
            {
                headers.Remove(HeaderNames.Connection);
                headers.Remove(HeaderNames.Upgrade);
            }
            headers.Remove(HeaderNames.KeepAlive);
            headers.Remove(HeaderNames.ProxyConnection);
            headers.Remove(HeaderNames.TransferEncoding);
        }
        if ((traits & HeaderTraits.Te) != 0)
            ReduceTe(headers);
        if ((traits & HeaderTraits.Referer) != 0 && headers.TryGetValue(HeaderNames.Referer, out StringValues referer) && (referer.Count != 1 || !IsValidReferer(referer[0])))
            headers.Remove(HeaderNames.Referer);

        bool wasForwarded = (traits & HeaderTraits.Forwarded) != 0;
        string clientAddress = wasForwarded ? TrustedAddress(headers, request, settings.NumTrustedProxies) : request.PeerIp;
        if (wasForwarded)
            Append(headers, HeaderNames.ForwardedFor, request.ForwardedFor);
        else
            headers[HeaderNames.ForwardedFor] = request.ForwardedFor;
        string scheme = ForwardedProto(headers, request, settings);
        if (settings.SendForwardedPort && (settings.NumTrustedProxies == 0 || !headers.ContainsKey(HeaderNames.ForwardedPort)))
            headers[HeaderNames.ForwardedPort] = request.ListenerPort.ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers[HeaderNames.ExternalAddress] = clientAddress;
        if (settings.SendRequestId)
            headers[HeaderNames.RequestId] = request.RequestId;
        if (wasForwarded || request.ForwardedClientCertificate is not null)
            SetClientCertificate(headers, request, settings.ClientCertMode);
        return new EdgeResult(clientAddress, scheme, upgrade, BadConnectionHeader: false);
    }

    /// <summary>Appends to a list header: <c>a</c> becomes <c>a, b</c>; several lines become one.</summary>
    internal static void Append(IHeaderDictionary headers, string name, string value) =>
        headers[name] = headers.TryGetValue(name, out StringValues present) && present.Count > 0 && present.ToString() is { Length: > 0 } text
            ? $"{text},{value}"
            : value;

    private static string? UpgradeToken(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(HeaderNames.Upgrade, out StringValues upgrade) || upgrade.Count == 0)
            return null;
        foreach (string? line in headers[HeaderNames.Connection])
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                if (line.AsSpan(range).Trim().Equals(HeaderNames.Upgrade, StringComparison.OrdinalIgnoreCase))
                    return upgrade.ToString();
            }
        }
        return null;
    }

    private static bool RemoveConnectionHeaders(IHeaderDictionary headers, bool isUpgrade)
    {
        if (!headers.TryGetValue(HeaderNames.Connection, out StringValues connection))
            return true;
        int tokens = 0;
        foreach (string? line in connection)
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> token = line.AsSpan(range).Trim();
                if (++tokens >= MaxConnectionTokens || IsProtectedToken(token))
                    return false;
                if (token.IsEmpty || Is(token, "close") || Is(token, HeaderNames.KeepAlive) || Is(token, HeaderNames.Upgrade))
                    continue;
                // TE stays if it says trailers; ReduceTe looks at it.
                if (!Is(token, HeaderNames.Te))
                    headers.Remove(token.ToString());
            }
        }
        if (isUpgrade)
            headers[HeaderNames.Connection] = HeaderNames.Upgrade;
        return true;
    }

    private static bool IsProtectedToken(ReadOnlySpan<char> token) =>
        token.StartsWith(":") || Is(token, HeaderNames.ForwardedFor) || Is(token, HeaderNames.ForwardedHost) || Is(token, HeaderNames.ForwardedProto);

    private static bool Is(ReadOnlySpan<char> token, string name) => token.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static void ReduceTe(IHeaderDictionary headers)
    {
        if (!headers.TryGetValue(HeaderNames.Te, out StringValues te))
            return;
        foreach (string? line in te)
        {
            foreach (Range range in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> token = line.AsSpan(range);
                int parameters = token.IndexOf(';');
                if (Is((parameters < 0 ? token : token[..parameters]).Trim(), "trailers"))
                {
                    headers[HeaderNames.Te] = "trailers";
                    return;
                }
            }
        }
        headers.Remove(HeaderNames.Te);
    }

    // Absolute, or relative without a scheme-like first segment; never with a fragment or user info.
    private static bool IsValidReferer(string? value)
    {
        ReadOnlySpan<char> text = value;
        if (text.Contains('#') || text.ContainsAnyExceptInRange('!', '~') || text.ContainsAny(NeverInUri))
            return false;
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0)
        {
            int colon = text.IndexOf(':');
            return colon < 0 || text[..colon].Contains('/');
        }
        ReadOnlySpan<char> rest = text[(scheme + 3)..];
        int end = rest.IndexOfAny('/', '?');
        ReadOnlySpan<char> authority = end < 0 ? rest : rest[..end];
        return authority.Length > 0 && !authority.Contains('@');
    }

    private static string TrustedAddress(IHeaderDictionary headers, in EdgeRequest request, int trustedProxies)
    {
        if (trustedProxies == 0 || !headers.TryGetValue(HeaderNames.ForwardedFor, out StringValues values))
            return request.PeerIp;
        ReadOnlySpan<char> list = values.ToString();
        for (int skip = trustedProxies - 1; skip > 0; skip--)
        {
            int comma = list.LastIndexOf(',');
            if (comma < 0)
                return request.PeerIp;
            list = list[..comma];
        }
        ReadOnlySpan<char> entry = list[(list.LastIndexOf(',') + 1)..].Trim();
        return System.Net.IPAddress.TryParse(entry, out _) ? entry.ToString() : request.PeerIp;
    }

    private static string ForwardedProto(IHeaderDictionary headers, in EdgeRequest request, HttpSettings settings)
    {
        string own = request.IsTls ? "https" : "http";
        if (settings.NumTrustedProxies > 0 && headers.TryGetValue(HeaderNames.ForwardedProto, out StringValues sent))
        {
            if (sent.Count == 1 && Is(sent[0], "https"))
                return "https";
            if (sent.Count == 1 && Is(sent[0], "http"))
                return "http";
        }
        headers[HeaderNames.ForwardedProto] = own;
        return own;
    }

    private static void SetClientCertificate(IHeaderDictionary headers, in EdgeRequest request, ForwardClientCertMode mode)
    {
        string? own = request.ForwardedClientCertificate;
        if (mode == ForwardClientCertMode.AlwaysForwardOnly || (mode == ForwardClientCertMode.ForwardOnly && own is not null))
            return;
        if (own is null || mode is ForwardClientCertMode.Sanitize or ForwardClientCertMode.ForwardOnly)
            headers.Remove(HeaderNames.ForwardedClientCert);
        else if (mode == ForwardClientCertMode.AppendForward)
            Append(headers, HeaderNames.ForwardedClientCert, own);
        else
            headers[HeaderNames.ForwardedClientCert] = own;
    }
}
