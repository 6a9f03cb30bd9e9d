using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Bench;

/// <summary>The backend for what needs a program: uploads, WebSocket echo, HTTP/2, and gRPC by hand.</summary>
internal static class AppOrigin
{
    /// <summary>Messages in the answer of a streaming call.</summary>
    public const int StreamedMessages = 100;

    private const int PrefixBytes = 5;

    private static readonly byte[] Kilobyte = [.. Enumerable.Repeat((byte)'x', 1024)];

    public static async Task<ProcessTree> StartAsync(BenchFolder folder, OriginPorts ports)
    {
        string log = Path.Combine(folder.Path, "app.log");
        ProcessTree process = ProcessTree.Start(1, log, "dotnet", [typeof(AppOrigin).Assembly.Location, "origin", $"{ports.App}", $"{ports.AppHttp2}"], []);
        await Ports.WaitAsync(ports.AppHttp2, process, log);
        return process;
    }

    /// <summary>Serves HTTP/1.1 on one port and HTTP/2 with prior knowledge on another, until the process is ended.</summary>
    public static async Task<int> RunAsync(int http1, int http2)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            // HAProxy forwards the client's scheme, https, also where it goes on without TLS.
            options.AllowAlternateSchemes = true;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.Http2.MaxStreamsPerConnection = 1000;
            options.Listen(IPAddress.Loopback, http1, listen => listen.Protocols = HttpProtocols.Http1);
            options.Listen(IPAddress.Loopback, http2, listen => listen.Protocols = HttpProtocols.Http2);
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        app.Run(context => context.Request.Path.Value switch
        {
            "/h2c/1k" => SendAsync(context),
            "/app/upload" => DrainAsync(context),
            "/app/ws" => EchoAsync(context),
            "/bench.Echo/Unary" => MessagesAsync(context, 1),
            "/bench.Echo/Stream" => MessagesAsync(context, StreamedMessages),
            "/bench.Echo/Talk" => TalkAsync(context),
            _ => NotFoundAsync(context),
        });
        await app.RunAsync();
        return 0;
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    private static Task SendAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = Kilobyte.Length;
        return context.Response.Body.WriteAsync(Kilobyte, 0, Kilobyte.Length);
    }

    private static async Task DrainAsync(HttpContext context)
    {
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync();
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        context.Response.ContentLength = 2;
        await context.Response.Body.WriteAsync("ok"u8.ToArray());
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] buffer = new byte[4096];
        while (true)
        {
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), default);
            if (received.MessageType == WebSocketMessageType.Close)
                return;
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, default);
        }
    }

    // One message in, the same so many times out, each sent by itself.
    private static async Task MessagesAsync(HttpContext context, int count)
    {
        context.Response.ContentType = "application/grpc";
        byte[]? message = await ReadMessageAsync(context.Request.Body);
        for (int i = 0; i < count && message is not null; i++)
        {
            await context.Response.Body.WriteAsync(message);
            if (count > 1)
                await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("grpc-status", message is null ? "3" : "0");
    }

    // Both ways: each message is answered as it comes.
    private static async Task TalkAsync(HttpContext context)
    {
        context.Response.ContentType = "application/grpc";
        while (await ReadMessageAsync(context.Request.Body) is { } message)
        {
            await context.Response.Body.WriteAsync(message);
            await context.Response.Body.FlushAsync();
        }

        context.Response.AppendTrailer("grpc-status", "0");
    }

    // With its prefix; null = the caller has said all.
    private static async Task<byte[]?> ReadMessageAsync(Stream body)
    {
        byte[] prefix = new byte[PrefixBytes];
        if (await body.ReadAtLeastAsync(prefix, PrefixBytes, throwOnEndOfStream: false) < PrefixBytes)
            return null;
        byte[] message = new byte[PrefixBytes + BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1))];
        prefix.CopyTo(message, 0);
        await body.ReadExactlyAsync(message.AsMemory(PrefixBytes));
        return message;
    }
}
