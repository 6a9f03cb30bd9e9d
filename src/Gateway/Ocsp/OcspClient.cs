using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;

namespace Gateway.Ocsp;

/// <summary>A responder could not be asked. The message is for people.</summary>
internal sealed class OcspException(string message) : Exception(message);

/// <summary>Asks OCSP responders (RFC 6960 appendix A): names by the gateway's resolver, a deadline, a limit of size, no redirects.</summary>
internal sealed class OcspClient : IDisposable
{
    /// <summary>Largest answer: it is shown in every handshake.</summary>
    public const int MaxBytes = 32 * 1024;

    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _client;

    /// <summary>Makes a client.</summary>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="timeout">How long an exchange may take.</param>
    /// <param name="time">The clock.</param>
    public OcspClient(DnsResolver resolver, TimeSpan timeout, TimeProvider time)
    {
        _timeout = timeout;
        _time = time;
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = timeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            MaxResponseHeadersLength = 64,
            ConnectCallback = (context, cancellationToken) => ResolvedSocket.ConnectAsync(resolver, context.DnsEndPoint, cancellationToken),
        };
        _client = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    /// <summary>Asks.</summary>
    /// <exception cref="OcspException">No answer came.</exception>
    public async Task<byte[]> AskAsync(Uri responder, byte[] question, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, responder) { Content = new ByteArrayContent(question) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
            using HttpResponseMessage response = await _client.SendAsync(request, either.Token);
            if (!response.IsSuccessStatusCode)
                throw new OcspException(string.Create(CultureInfo.InvariantCulture, $"{responder} answered with status {(int)response.StatusCode}."));
            return await LimitedContent.ReadAsync(response.Content, MaxBytes, either.Token)
                ?? throw new OcspException($"The answer of {responder} is larger than {MaxBytes} bytes.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OcspException(string.Create(CultureInfo.InvariantCulture, $"{responder} did not answer within {_timeout.TotalSeconds} s."));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or AuthenticationException)
        {
            throw new OcspException($"{responder} cannot be asked: {(e.InnerException as AuthenticationException ?? e.InnerException as SocketException ?? e).Message}");
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }
}
