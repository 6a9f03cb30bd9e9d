using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Gateway.Testing.Echo;

/// <summary>
/// What an echo server does with a request, by the request's headers: <c>echo-status: 503</c>, <c>echo-body: copy</c>
/// (streams the request's body back), <c>echo-bytes: N</c> (streams N bytes), <c>echo-delay-ms: N</c>,
/// <c>echo-header: name=value</c> (repeatable), <c>echo-trailer: name=value</c> (HTTP/2 only, as Kestrel), <c>echo-abort: headers|body</c>.
/// </summary>
public static class EchoBehaviour
{
    /// <summary>Every echo's answer carries it; an answer without was made by somebody else.</summary>
    public const string MarkerHeader = "echo-upstream";

    /// <summary>Carries the echo (base64 of the JSON) where the answer has no body: to HEAD.</summary>
    public const string HeadEchoHeader = "echo-request";

    private const int ChunkBytes = 64 * 1024;

    internal static bool CopiesBody(HttpRequest request) => request.Headers["echo-body"] == "copy";

    internal static async Task AnswerAsync(HttpContext context, EchoRequest seen)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            await EchoWebSocketAsync(context);
            return;
        }
        IHeaderDictionary wish = context.Request.Headers;
        HttpResponse response = context.Response;
        if (Number(wish["echo-delay-ms"]) is { } delay)
            await Task.Delay(TimeSpan.FromMilliseconds(delay), context.RequestAborted);
        if (wish["echo-abort"] == "headers")
        {
            context.Abort();
            return;
        }
        response.StatusCode = (int)(Number(wish["echo-status"]) ?? StatusCodes.Status200OK);
        response.Headers[MarkerHeader] = seen.Upstream;
        foreach (string? header in wish["echo-header"])
        {
            string[] parts = header!.Split('=', 2);
            response.Headers.Append(parts[0], parts[1]);
        }
        await AnswerBodyAsync(context, seen);
        if (wish["echo-abort"] == "body")
            context.Abort();
        foreach (string? trailer in response.SupportsTrailers() ? wish["echo-trailer"] : default)
        {
            string[] parts = trailer!.Split('=', 2);
            response.AppendTrailer(parts[0], parts[1]);
        }
    }

    private static async Task AnswerBodyAsync(HttpContext context, EchoRequest seen)
    {
        HttpResponse response = context.Response;
        if (CopiesBody(context.Request))
        {
            await response.StartAsync();
            await context.Request.Body.CopyToAsync(response.Body, context.RequestAborted);
        }
        else if (Number(context.Request.Headers["echo-bytes"]) is { } bytes)
            await StreamAsync(response, bytes, context.RequestAborted);
        else
        {
            if (response.StatusCode is 204 or 304)
                return;
            byte[] body = Encoding.UTF8.GetBytes(seen.ToJson());
            response.ContentType = "application/json";
            if (context.Request.Headers["echo-trailer"].Count == 0)
                response.ContentLength = body.Length;
            if (HttpMethods.IsHead(context.Request.Method))
                response.Headers[HeadEchoHeader] = Convert.ToBase64String(body);
            else
                await response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static async Task StreamAsync(HttpResponse response, long bytes, CancellationToken cancel)
    {
        byte[] chunk = new byte[ChunkBytes];
        for (long left = bytes; left > 0; left -= chunk.Length)
            await response.Body.WriteAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), cancel);
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        string? protocol = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault();
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync(protocol);
        byte[] buffer = new byte[ChunkBytes];
        while (true)
        {
            ValueWebSocketReceiveResult message = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (message.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, context.RequestAborted);
                return;
            }
            await socket.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, context.RequestAborted);
        }
    }

    private static long? Number(string? text) => long.TryParse(text, CultureInfo.InvariantCulture, out long number) ? number : null;
}
