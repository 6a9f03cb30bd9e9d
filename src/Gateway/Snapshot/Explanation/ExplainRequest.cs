using System.Globalization;
using System.Net;

namespace Gateway.Snapshot.Explanation;

/// <summary>A request described instead of sent.</summary>
internal sealed record ExplainRequest
{
    /// <summary>Method, as it would be sent.</summary>
    public string Method { get; init; } = "GET";

    /// <summary>Port the client connects to: the listener's port by configuration.</summary>
    public required int Port { get; init; }

    /// <summary>Whether the client speaks TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>Server name in the TLS hello; null = none is sent.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether the client shows a certificate; it is taken to be a good one.</summary>
    public bool HasClientCertificate { get; init; }

    /// <summary>Whether the client offers one of the mesh's own protocols in its TLS hello, as Istio's proxies do.</summary>
    public bool OffersMeshProtocol { get; init; }

    /// <summary>Whether the client speaks HTTP/1.1; else HTTP/2.</summary>
    public bool IsHttp1 { get; init; } = true;

    /// <summary>Host header or <c>:authority</c>.</summary>
    public required string Authority { get; init; }

    /// <summary>Path with query, byte for byte as sent.</summary>
    public required string Target { get; init; }

    /// <summary>Headers in order; a name may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The client's address.</summary>
    public IPAddress ClientAddress { get; init; } = IPAddress.Parse("192.0.2.1");

    /// <summary>Reads a URL without changing a byte of its path; false = it is none that a gateway could be asked for.</summary>
    /// <param name="method">Method.</param>
    /// <param name="url"><c>http://host:port/path?query</c>, <c>https://…</c>, <c>tcp://host:port</c>, <c>tls://…</c>; without a scheme http is meant.</param>
    /// <param name="headers">Headers; a Host header replaces the URL's host.</param>
    /// <param name="request">The request.</param>
    public static bool TryCreate(string method, string url, IReadOnlyList<KeyValuePair<string, string>> headers, out ExplainRequest? request)
    {
        request = null;
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        string kind = scheme < 0 ? "http" : url[..scheme].ToLowerInvariant();
        bool isTls = kind is "https" or "tls";
        if (kind is not ("http" or "https" or "tcp" or "tls"))
            return false;
        string rest = scheme < 0 ? url : url[(scheme + 3)..];
        int end = rest.AsSpan().IndexOfAny('/', '?', '#');
        string authority = end < 0 ? rest : rest[..end];
        string target = end < 0 ? "/" : rest[end] == '/' ? rest[end..] : $"/{rest[end..]}";
        ReadOnlySpan<char> host = Routing.RouteTable.HostWithoutPort(authority);
        int port = isTls ? 443 : 80;
        if (host.IsEmpty || (host.Length < authority.Length
            && !int.TryParse(authority.AsSpan(host.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)))
        {
            return false;
        }
        string serverName = host.ToString();
        string sent = headers.LastOrDefault(header => header.Key.Equals("host", StringComparison.OrdinalIgnoreCase)).Value ?? authority;
        request = new ExplainRequest
        {
            Method = method,
            Port = port,
            IsTls = isTls,
            ServerName = isTls && !IPAddress.TryParse(serverName.Trim('[', ']'), out _) ? serverName : null,
            Authority = sent,
            Target = target,
            Headers = [.. headers.Where(header => !header.Key.Equals("host", StringComparison.OrdinalIgnoreCase))],
        };
        return true;
    }
}
