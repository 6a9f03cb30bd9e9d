using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Tls;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>A key set could not be fetched. The message is for people and holds nothing of what was fetched.</summary>
internal sealed class JwksFetchException(string message) : Exception(message);

/// <summary>
/// Fetches one key set over the gateway's own connector: with a deadline, a limit of size and a few redirects, none of
/// which leaves TLS. An issuer without a URI is asked for its discovery document first.
/// </summary>
internal sealed class JwksFetcher : IDisposable
{
    /// <summary>Largest answer, in bytes.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxRedirects = 3;
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    private readonly JwksLocation _location;
    private readonly DnsResolver _resolver;
    private readonly TimeProvider _time;
    private readonly UpstreamConnector _plain;
    private readonly UpstreamConnector _secure;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _client;

    public JwksFetcher(JwksLocation location, DnsResolver resolver, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls, TimeProvider time)
    {
        _location = location;
        _resolver = resolver;
        _time = time;
        _plain = new UpstreamConnector(Description(location, null), time, new ConnectionQuota(limit: 0), _ => null, _ => null, findTls);
        _secure = new UpstreamConnector(Description(location, SystemTls), time, new ConnectionQuota(limit: 0), _ => null, _ => null, findTls);
        _handler = OwnRequests.HandlerOf(ConnectAsync, Timeout.InfiniteTimeSpan);
        _client = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    /// <summary>TLS with the system's authorities; the certificate must be the host's.</summary>
    public static UpstreamTlsConfig SystemTls { get; } = new();

    /// <summary>Fetches the key set.</summary>
    /// <exception cref="JwksFetchException">It cannot be fetched now.</exception>
    public async Task<byte[]> FetchAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_location.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            string uri = _location.Uri ?? await DiscoverAsync(either.Token);
            return await GetAsync(uri, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new JwksFetchException(string.Create(CultureInfo.InvariantCulture, $"there was no answer within {_location.Timeout.TotalSeconds} s"));
        }
        catch (Exception e) when (OwnRequests.IsFailure(e) || e is InvalidOperationException)
        {
            throw new JwksFetchException(OwnRequests.ReasonOf(e));
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private static ClusterConfig Description(JwksLocation location, UpstreamTlsConfig? tls) => new()
    {
        Name = "jwks",
        Host = "",
        Port = 0,
        ConnectTimeout = location.Timeout,
        Tls = tls,
        Identity = DestinationIdentity.Unknown,
    };

    private async Task<string> DiscoverAsync(CancellationToken cancellationToken)
    {
        if (!_location.Issuer.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !_location.Issuer.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            throw new JwksFetchException("the rule has neither jwks nor jwksUri, and the issuer is no URL whose discovery document could name one");
        byte[] content = await GetAsync(_location.Issuer.TrimEnd('/') + DiscoveryPath, cancellationToken);
        try
        {
            using JsonDocument document = JsonDocument.Parse(content);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("jwks_uri", out JsonElement uri) && uri.ValueKind == JsonValueKind.String)
                return uri.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new JwksFetchException("the discovery document is no JSON");
        }
        throw new JwksFetchException("the discovery document has no jwks_uri");
    }

    private async Task<byte[]> GetAsync(string text, CancellationToken cancellationToken)
    {
        Uri uri = Parse(text, mustBeSecure: false);
        for (int redirects = 0; ; redirects++)
        {
            using HttpRequestMessage request = Request(uri);
            using HttpResponseMessage response = await _client.SendAsync(request, cancellationToken);
            if ((int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } next)
            {
                if (redirects == MaxRedirects)
                    throw new JwksFetchException($"there are more than {MaxRedirects} redirects");
                uri = Parse(new Uri(uri, next).AbsoluteUri, mustBeSecure: uri.Scheme == Uri.UriSchemeHttps);
                continue;
            }
            if (response.StatusCode != HttpStatusCode.OK)
                throw new JwksFetchException($"the answer has status {(int)response.StatusCode}");
            return await ReadAsync(response.Content, cancellationToken);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken) =>
        await LimitedContent.ReadAsync(content, MaxBytes, cancellationToken) ?? throw new JwksFetchException($"the answer is larger than {MaxBytes} bytes");

    private static Uri Parse(string text, bool mustBeSecure)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            throw new JwksFetchException("the URI is no http or https URL");
        if (mustBeSecure && uri.Scheme != Uri.UriSchemeHttps)
            throw new JwksFetchException("a redirect leads from https to http");
        return uri;
    }

    /// <summary>The handler makes no TLS of its own: the connector hands it finished connections, so the URI says http.</summary>
    private static HttpRequestMessage Request(Uri uri)
    {
        bool isSecure = uri.Scheme == Uri.UriSchemeHttps;
        string scheme = isSecure ? SecureMark : PlainMark;
        string host = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(uri.IdnHost));
        var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"http://{scheme}{host}:{uri.Port}{uri.PathAndQuery}"));
        request.Headers.Host = uri.IsDefaultPort ? uri.IdnHost : string.Create(CultureInfo.InvariantCulture, $"{uri.IdnHost}:{uri.Port}");
        return request;
    }

    // Hosts of the handler's pools: whether TLS is made, then the host in hexadecimal digits, which any host can be written in.
    private const string SecureMark = "s-";
    private const string PlainMark = "p-";

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string pool = context.DnsEndPoint.Host;
        string host = Encoding.ASCII.GetString(Convert.FromHexString(pool.AsSpan(PlainMark.Length)));
        UpstreamConnector connector = pool.StartsWith(SecureMark, StringComparison.Ordinal) ? _secure : _plain;
        EndPoint endPoint = await ResolveAsync(host, context.DnsEndPoint.Port, cancellationToken);
        return await connector.ConnectAsync(endPoint, host, isHttp2: false, preamble: default, cancellationToken);
    }

    private async Task<EndPoint> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (!_location.Endpoints.IsEmpty && IsMeshHost(host, port))
        {
            string endpoint = _location.Endpoints[Random.Shared.Next(_location.Endpoints.Count)];
            int colon = endpoint.LastIndexOf(':');
            host = endpoint[..colon];
            port = int.Parse(endpoint.AsSpan(colon + 1), CultureInfo.InvariantCulture);
        }
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address))
            return new IPEndPoint(address, port);
        DnsAnswer answer = await _resolver.ResolveAsync(host, new DnsHostOptions(), urgent: true, cancellationToken);
        return answer.Addresses.Length > 0 ? new IPEndPoint(answer.Addresses[0], port) : throw new SocketException((int)SocketError.HostNotFound);
    }

    private bool IsMeshHost(string host, int port) =>
        Uri.TryCreate(_location.Uri ?? _location.Issuer, UriKind.Absolute, out Uri? uri) && uri.IdnHost.Equals(host, StringComparison.OrdinalIgnoreCase) && uri.Port == port;
}
