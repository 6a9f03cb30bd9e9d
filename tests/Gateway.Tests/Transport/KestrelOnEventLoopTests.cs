using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Transport;

/// <summary>Kestrel with its sockets on event loops, and clients whose sockets are on event loops too.</summary>
public sealed class KestrelOnEventLoopTests : IAsyncLifetime, IDisposable
{
    private readonly EventLoopGroup _group = new(new EventLoopOptions { Loops = 2 });
    private readonly TestCertificates _authority = new();
    private readonly WebApplication _app;
    private int _port;
    private int _tlsPort;

    public KestrelOnEventLoopTests()
    {
        TestCertificate certificate = _authority.IssueServer("localhost");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new EventLoopTransportFactory(_group));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1AndHttp2);
            options.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate.Certificate));
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapGet("/hello", () => "hello");
        _app.MapPost("/echo", EchoAsync);
        _app.Map("/socket", EchoSocketAsync);
    }

    public async Task InitializeAsync()
    {
        await _app.StartAsync();
        int[] ports = [.. _app.Urls.Select(url => new Uri(url).Port)];
        _port = ports[0];
        _tlsPort = ports[1];
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    public void Dispose()
    {
        _group.Dispose();
        _authority.Dispose();
    }

    [LinuxTheory]
    [InlineData("1.1", false, false)]
    [InlineData("1.1", true, false)]
    [InlineData("2.0", true, false)]
    [InlineData("1.1", false, true)]
    [InlineData("1.1", true, true)]
    [InlineData("2.0", true, true)]
    public async Task Requests_are_answered_over_every_protocol(string version, bool tls, bool loopClient)
    {
        using HttpMessageInvoker client = Client(loopClient);
        for (int i = 0; i < 20; i++)
            Assert.Equal("hello", System.Text.Encoding.UTF8.GetString(await SendAsync(client, version, tls, HttpMethod.Get, "/hello", null)));

        foreach (int size in new[] { 0, 1, 16_384, 100_000, 5_000_000 })
        {
            byte[] body = EventLoopConnectionTests.Pattern(size);
            Assert.Equal(body, await SendAsync(client, version, tls, HttpMethod.Post, "/echo", body));
        }
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http2_without_tls_works_with_prior_knowledge(bool loopClient)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new EventLoopTransportFactory(_group));
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        await using WebApplication app = builder.Build();
        app.MapPost("/echo", EchoAsync);
        await app.StartAsync();
        _port = new Uri(app.Urls.Single()).Port;
        using HttpMessageInvoker client = Client(loopClient);
        byte[] body = EventLoopConnectionTests.Pattern(300_000);

        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => SendAsync(client, "2.0", tls: false, HttpMethod.Post, "/echo", body)));

        Assert.All(answers, answer => Assert.Equal(body, answer));
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WebSocket_messages_come_back(bool tls)
    {
        using var socket = new ClientWebSocket();
        using HttpMessageInvoker client = Client(loopClient: true);
        await socket.ConnectAsync(new Uri(tls ? $"wss://localhost:{_tlsPort}/socket" : $"ws://localhost:{_port}/socket"), client, CancellationToken.None);

        foreach (int size in new[] { 1, 125, 126, 65_536, 200_000 })
        {
            byte[] message = EventLoopConnectionTests.Pattern(size);
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            byte[] echo = new byte[size];
            int done = 0;
            while (done < size)
                done += (await socket.ReceiveAsync(echo.AsMemory(done), CancellationToken.None)).Count;
            Assert.Equal(message, echo);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    [LinuxFact]
    public async Task Many_requests_at_once_over_many_connections_are_all_answered()
    {
        using HttpMessageInvoker client = Client(loopClient: true);
        int right = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            byte[] body = EventLoopConnectionTests.Pattern(i);
            byte[] answer = await SendAsync(client, "1.1", tls: i % 5 == 0, HttpMethod.Post, "/echo", body);
            if (body.AsSpan().SequenceEqual(answer))
                Interlocked.Increment(ref right);
        });

        Assert.Equal(2000, right);
    }

    [LinuxFact]
    public async Task A_refused_connection_is_told_as_such()
    {
        SocketException exception = await Assert.ThrowsAsync<SocketException>(async () =>
            await EventLoopConnector.ConnectAsync(_group.Loops[0], new IPEndPoint(IPAddress.Loopback, 1), TimeSpan.FromSeconds(5)));

        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    [LinuxFact]
    public async Task A_connection_that_is_not_made_in_time_is_given_up()
    {
        // A listener whose queue is full lets further attempts hang, on every system the same.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        List<Socket> waiting = [];
        for (int i = 0; i < 8; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            waiting.Add(socket);
            try
            {
                socket.Connect(full.LocalEndPoint!);
            }
            catch (SocketException)
            {
                // Under way.
            }
        }

        SocketException late = await Assert.ThrowsAsync<SocketException>(async () =>
            await EventLoopConnector.ConnectAsync(_group.Loops[0], full.LocalEndPoint!, TimeSpan.FromMilliseconds(100)));
        using var giveUp = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await EventLoopConnector.ConnectAsync(_group.Loops[0], full.LocalEndPoint!, TimeSpan.FromSeconds(60), giveUp.Token));

        Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
        waiting.ForEach(socket => socket.Dispose());
    }

    [LinuxFact]
    public async Task A_cancelled_read_of_the_stream_ends_and_the_stream_goes_on()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        LoopSocket socket = await Task.Run(async () => await EventLoopConnector.ConnectAsync(_group.Loops[0], server.Listener.EndPoint, TimeSpan.FromSeconds(5)));
        await using var stream = new EventLoopStream(socket);
        using var cancel = new CancellationTokenSource(50);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(new byte[1], cancel.Token));
        await stream.WriteAsync(new byte[] { 7 });
        byte[] echo = new byte[1];
        await stream.ReadExactlyAsync(echo);

        Assert.Equal(7, echo[0]);
    }

    private async Task<byte[]> SendAsync(HttpMessageInvoker client, string version, bool tls, HttpMethod method, string path, byte[]? body)
    {
        using var request = new HttpRequestMessage(method, (tls ? $"https://localhost:{_tlsPort}" : $"http://localhost:{_port}") + path)
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body is null ? null : new ByteArrayContent(body),
        };
        using var timeout = new CancellationTokenSource(Eventually.Deadline);
        using HttpResponseMessage response = await client.SendAsync(request, timeout.Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync(timeout.Token);
    }

    private HttpMessageInvoker Client(bool loopClient)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.None,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority.Authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        if (loopClient)
        {
            handler.ConnectCallback = async (context, cancellation) => new EventLoopStream(
                await EventLoopConnector.ConnectAsync(EventLoop.Current ?? _group.Next(), new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), TimeSpan.FromSeconds(10), cancellation));
        }

        return new HttpMessageInvoker(handler);
    }

    // The client does not read before it has sent all: an answer during the upload would fill the windows of both.
    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length));
    }

    private static async Task EchoSocketAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[8192];
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, CancellationToken.None);
        }
    }
}
