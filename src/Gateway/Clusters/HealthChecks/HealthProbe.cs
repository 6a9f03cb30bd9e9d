using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Gateway.Clusters.HealthChecks;

/// <summary>
/// Asks one endpoint how it is, over a connection of its own that the cluster's connector makes, TLS included. Nothing
/// an endpoint does throws, and nothing lasts longer than the timeout.
/// </summary>
internal sealed class HealthProbe : IDisposable
{
    private const int LargestAnswer = 1024;
    private const int Serving = 1;

    private readonly ClusterConfig _cluster;
    private readonly HealthCheckConfig _config;
    private readonly UpstreamConnector _connector;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker? _client;
    private readonly byte[] _question;

    /// <summary>Makes a probe for endpoints of a cluster.</summary>
    public HealthProbe(ClusterConfig cluster, HealthCheckConfig config, UpstreamConnector connector, TimeProvider time)
    {
        _cluster = cluster;
        _config = config;
        _connector = connector;
        _time = time;
        _question = Question(config.Service);
        if (config.Protocol == HealthCheckProtocol.Tcp)
            return;
        _client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            MaxResponseHeadersLength = 80,
            // A check is to show that connections can be made.
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = connector.ProbeAsync,
        });
    }

    /// <summary>Asks an endpoint.</summary>
    /// <returns>Null = it is well; else why not, for people.</returns>
    public async Task<string?> FailureOfAsync(UpstreamEndpoint endpoint, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(_config.Timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            switch (_config.Protocol)
            {
                case HealthCheckProtocol.Tcp:
                    await using (await _connector.ProbeAsync(endpoint.EndPoint, _config.Host, _cluster.Protocol == UpstreamProtocol.Http2, either.Token))
                        return null;
                case HealthCheckProtocol.Grpc:
                    return await GrpcAsync(endpoint, either.Token);
                default:
                    return await HttpAsync(endpoint, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return "no answer in time";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            return Text(exception);
        }
    }

    public void Dispose() => _client?.Dispose();

    private async Task<string?> HttpAsync(UpstreamEndpoint endpoint, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, endpoint, _config.Path, _cluster.Protocol == UpstreamProtocol.Http2);
        using HttpResponseMessage response = await _client!.SendAsync(request, cancellationToken);
        int status = (int)response.StatusCode;
        foreach ((int first, int last) in _config.ExpectedStatuses)
        {
            if (status >= first && status <= last)
                return null;
        }
        return string.Create(CultureInfo.InvariantCulture, $"status {status}");
    }

    private async Task<string?> GrpcAsync(UpstreamEndpoint endpoint, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, endpoint, "/grpc.health.v1.Health/Check", true);
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        request.Content = new ByteArrayContent(_question) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
        using HttpResponseMessage response = await _client!.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            return string.Create(CultureInfo.InvariantCulture, $"status {(int)response.StatusCode}");
        byte[] answer = new byte[LargestAnswer];
        int length = 0;
        await using (Stream body = await response.Content.ReadAsStreamAsync(cancellationToken))
        {
            while (length < answer.Length && await body.ReadAsync(answer.AsMemory(length), cancellationToken) is > 0 and int read)
                length += read;
        }
        if (length == answer.Length)
            return "an answer too long for the gRPC health protocol";
        string? status = First(response.TrailingHeaders) ?? First(response.Headers);
        if (status != "0")
            return $"grpc-status {status ?? "missing"}";
        return ReadStatus(answer.AsSpan(0, length)) is Serving ? null : "not serving";
    }

    private HttpRequestMessage Request(HttpMethod method, UpstreamEndpoint endpoint, string path, bool http2)
    {
        string origin = _cluster.SeparatesHosts ? endpoint.SecureOrigin : endpoint.Origin;
        var request = new HttpRequestMessage(method, new Uri(origin + path))
        {
            Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("Host", _config.Host);
        request.Headers.TryAddWithoutValidation("User-Agent", "gateway-health-check");
        return request;
    }

    private static string? First(HttpResponseHeaders headers) => headers.TryGetValues("grpc-status", out IEnumerable<string>? values) ? values.First() : null;

    // HealthCheckRequest { string service = 1; } behind gRPC's five bytes of framing. Names are at most 255 bytes.
    private static byte[] Question(string service)
    {
        byte[] name = Encoding.UTF8.GetBytes(service);
        byte[] length = name.Length < 128 ? [(byte)name.Length] : [(byte)(name.Length | 128), (byte)(name.Length >> 7)];
        byte[] message = name.Length == 0 ? [] : [10, .. length, .. name];
        byte[] framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        return framed;
    }

    /// <summary>The status of a HealthCheckResponse <c>{ ServingStatus status = 1; }</c>; 0 = unknown, or it is none.</summary>
    internal static int ReadStatus(ReadOnlySpan<byte> framed) =>
        framed.Length >= 7 && framed[0] == 0 && BinaryPrimitives.ReadInt32BigEndian(framed[1..]) == framed.Length - 5 && framed[5] == 8 && framed[6] < 128 ? framed[6] : 0;

    // The handler wraps what the connector says.
    private static string Text(Exception exception)
    {
        Exception cause = exception;
        while (cause.InnerException is { } inner)
            cause = inner;
        return cause is SocketException { SocketErrorCode: SocketError.TimedOut } ? "no connection in time" : cause.Message;
    }
}
