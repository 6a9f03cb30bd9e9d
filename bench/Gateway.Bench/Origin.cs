using System.Buffers.Binary;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Bench;

/// <summary>The backend behind all proxies: bodies of several sizes, uploads, WebSocket echo and gRPC by hand.</summary>
internal static class Origin
{
    /// <summary>Serves HTTP/1.1 on one port and HTTP/2 with prior knowledge on another, until the process is ended.</summary>
    public static async Task<int> RunAsync(int http1, int http2)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = null;
            options.Limits.Http2.MaxStreamsPerConnection = 1000;
            options.Listen(IPAddress.Loopback, http1, listen => listen.Protocols = HttpProtocols.Http1);
            options.Listen(IPAddress.Loopback, http2, listen => listen.Protocols = HttpProtocols.Http2);
        });
        WebApplication app = builder.Build();
        app.UseWebSockets();
        byte[] small = new byte[20], kilobyte = new byte[1024], large = new byte[100 * 1024], huge = new byte[10 * 1024 * 1024];
        foreach (byte[] body in (byte[][])[small, kilobyte, large, huge])
            Array.Fill(body, (byte)'x');
        app.Run(context => context.Request.Path.Value switch
        {
            "/small" => SendAsync(context, small),
            "/1k" => SendAsync(context, kilobyte),
            "/100k" => SendAsync(context, large),
            "/10m" => SendAsync(context, huge),
            "/upload" => DrainAsync(context),
            "/ws" => EchoAsync(context),
            "/bench.Echo/Unary" => UnaryAsync(context),
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

    private static Task SendAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, 0, body.Length);
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

    private static async Task UnaryAsync(HttpContext context)
    {
        byte[] prefix = new byte[5];
        await context.Request.Body.ReadExactlyAsync(prefix);
        byte[] message = new byte[BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1))];
        await context.Request.Body.ReadExactlyAsync(message);
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync((byte[])[.. prefix, .. message]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
