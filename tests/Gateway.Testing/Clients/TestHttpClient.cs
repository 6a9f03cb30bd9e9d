using System.Net;
using System.Net.Sockets;

namespace Gateway.Testing.Clients;

/// <summary>HttpClients that connect to a loopback port whatever the URI says: SNI, authority and path are free.</summary>
public static class TestHttpClient
{
    /// <summary>Makes a client.</summary>
    /// <param name="port">Port to connect to.</param>
    /// <param name="version">The HTTP version, exactly.</param>
    /// <param name="tls">TLS; null = plain (with HTTP/2: prior knowledge).</param>
    /// <param name="from">The client's own address; null = any.</param>
    public static HttpClient Create(int port, Version version, ClientTls? tls = null, IPAddress? from = null)
    {
        SocketsHttpHandler handler = CreateHandler(port, tls, from);
        return new HttpClient(handler)
        {
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            BaseAddress = new Uri(tls is null ? "http://gateway.test/" : "https://gateway.test/"),
            Timeout = Eventually.Deadline + Eventually.Deadline,
        };
    }

    /// <summary>Makes the handler alone, for WebSocket and gRPC clients.</summary>
    public static SocketsHttpHandler CreateHandler(int port, ClientTls? tls = null, IPAddress? from = null) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        PlaintextStreamFilter = null,
        ConnectCallback = (_, cancel) => ConnectAsync(port, tls, from, cancel),
    };

    /// <summary>A request whose path goes out byte for byte.</summary>
    public static HttpRequestMessage Request(HttpMethod method, Version version, string scheme, string authority, string path)
    {
        var exact = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        if (!Uri.TryCreate($"{scheme}://gateway.test{path}", exact, out Uri? uri))
            throw new ArgumentException("Not a path: " + path, nameof(path));
        var request = new HttpRequestMessage(method, uri) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = authority;
        return request;
    }

    private static async ValueTask<Stream> ConnectAsync(int port, ClientTls? tls, IPAddress? from, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            var stream = new NetworkStream(socket, ownsSocket: true);
            // An SslStream is taken by the handler as it is: SNI stays what the test chose.
            return tls is null ? stream : await tls.AuthenticateAsync(stream, cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
