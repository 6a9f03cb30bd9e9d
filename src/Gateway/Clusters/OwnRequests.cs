using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Clusters.Discovery;

namespace Gateway.Clusters;

/// <summary>A server could not be asked. The message is for people.</summary>
internal sealed class OwnRequestException(string message) : Exception(message);

/// <summary>
/// What the gateway asks servers for itself, such as authorities and responders: names by its own resolver, a deadline, limits,
/// and neither proxies nor redirects.
/// </summary>
internal sealed class OwnRequests : IDisposable
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _client;

    /// <summary>Makes a client.</summary>
    /// <param name="resolver">Finds addresses.</param>
    /// <param name="timeout">How long an exchange may take.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tls">How servers are verified; null = by the system's authorities.</param>
    public OwnRequests(DnsResolver resolver, TimeSpan timeout, TimeProvider time, SslClientAuthenticationOptions? tls = null)
    {
        _timeout = timeout;
        _time = time;
        _handler = HandlerOf((context, cancellationToken) => ResolvedSocket.ConnectAsync(resolver, context.DnsEndPoint, cancellationToken), timeout);
        if (tls is not null)
            _handler.SslOptions = tls;
        _client = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    /// <summary>A handler for requests of the gateway's own.</summary>
    /// <param name="connect">Connects.</param>
    /// <param name="connectTimeout">How long connecting may take.</param>
    public static SocketsHttpHandler HandlerOf(Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, TimeSpan connectTimeout) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        MaxResponseHeadersLength = 64,
        ConnectCallback = connect,
    };

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBytes">Largest body.</param>
    /// <param name="read">Makes something of the answer and its body.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="OwnRequestException">No answer came.</exception>
    public async Task<T> SendAsync<T>(HttpRequestMessage request, int maxBytes, Func<HttpResponseMessage, byte[], T> read, CancellationToken cancellationToken)
    {
        string server = request.RequestUri!.Authority;
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, either.Token);
            byte[] body = await LimitedContent.ReadAsync(response.Content, maxBytes, either.Token)
                ?? throw new OwnRequestException(string.Create(CultureInfo.InvariantCulture, $"The answer of {server} is larger than {maxBytes} bytes."));
            return read(response, body);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OwnRequestException(string.Create(CultureInfo.InvariantCulture, $"{server} did not answer within {_timeout.TotalSeconds} s."));
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw new OwnRequestException($"{server} cannot be reached: {ReasonOf(e)}");
        }
    }

    /// <summary>Whether an exchange can fail so by what a server or the network does.</summary>
    public static bool IsFailure(Exception exception) => exception is HttpRequestException or IOException or SocketException or AuthenticationException;

    /// <summary>The part of a failure that says something.</summary>
    public static string ReasonOf(Exception failure) => (failure.InnerException as AuthenticationException ?? failure.InnerException as SocketException ?? failure).Message;

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }
}
