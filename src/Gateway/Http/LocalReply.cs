using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>
/// Every answer that the gateway itself makes: the only place that writes one. Knows gRPC, HEAD, and when the connection
/// must be closed. The route's response header operations are applied when a route was found.
/// </summary>
internal static class LocalReply
{
    // Envoy keeps a connection open this long to let the client read the answer before it sees a reset.
    private static readonly TimeSpan DelayedClose = TimeSpan.FromSeconds(1);

    private static readonly HeaderDictionary NoHeaders = [];

    /// <summary>Answers with a text.</summary>
    /// <param name="request">The request; its response has not started.</param>
    /// <param name="status">HTTP status; gRPC clients get the matching grpc-status.</param>
    /// <param name="body">Body, or grpc-message; empty = none.</param>
    /// <param name="flags">Added to the stream's.</param>
    /// <param name="details">Envoy's response_code_details.</param>
    /// <param name="close">Whether an HTTP/1 connection ends with this answer in any case.</param>
    public static ValueTask SendAsync(RequestContext request, int status, string body, ResponseFlags flags, string details, bool close = false) =>
        SendAsync(request, status, body.Length == 0 ? default : Encoding.UTF8.GetBytes(body), flags, details, close, location: null);

    /// <summary>Answers with a text and a header of its own.</summary>
    public static ValueTask SendAsync(RequestContext request, int status, string body, string details, string header, string value) =>
        SendAsync(request, status, Encoding.UTF8.GetBytes(body), ResponseFlags.None, details, close: false, location: null, grpcStatus: null, new HeaderDictionary { [header] = value });

    /// <summary>Answers with a text, headers and, if it is not null, a grpc-status of its own for clients that speak gRPC.</summary>
    public static ValueTask SendAsync(RequestContext request, int status, string body, ResponseFlags flags, string details, IHeaderDictionary headers, int? grpcStatus) =>
        SendAsync(request, status, Encoding.UTF8.GetBytes(body), flags, details, close: false, location: null, grpcStatus, headers);

    /// <summary>Answers with a grpc-status of its own; a client that does not speak gRPC gets a plain 200 with the text.</summary>
    public static ValueTask SendGrpcAsync(RequestContext request, int grpcStatus, string body, ResponseFlags flags, string details) =>
        SendAsync(request, 200, Encoding.UTF8.GetBytes(body), flags, details, close: false, location: null, grpcStatus);

    /// <summary>Answers what an authorization service wants to be answered; its headers go before ours.</summary>
    public static ValueTask SendDenialAsync(RequestContext request, int status, ReadOnlyMemory<byte> body, string details, IHeaderDictionary headers) =>
        SendAsync(request, status, body, ResponseFlags.UnauthorizedExternalService, details, close: false, location: null, grpcStatus: null, headers);

    /// <summary>Answers 200 with headers alone.</summary>
    public static ValueTask SendHeadersAsync(RequestContext request, IHeaderDictionary headers, string details) =>
        SendAsync(request, 200, default, ResponseFlags.None, details, close: false, location: null, grpcStatus: null, headers);

    /// <summary>Answers with bytes as configured.</summary>
    public static ValueTask SendDirectAsync(RequestContext request, int status, ReadOnlyMemory<byte> body) =>
        SendAsync(request, status, body, ResponseFlags.None, "direct_response", close: false, location: null);

    /// <summary>Redirects.</summary>
    public static ValueTask RedirectAsync(RequestContext request, int status, string location, string details = "direct_response") =>
        SendAsync(request, status, default, ResponseFlags.None, details, close: false, location);

    /// <summary>Envoy's map of HTTP status to grpc-status.</summary>
    public static int ToGrpcStatus(int httpStatus) => httpStatus switch
    {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 or 502 or 503 or 504 => 14,
        _ => 2,
    };

    private static async ValueTask SendAsync(
        RequestContext request, int status, ReadOnlyMemory<byte> body, ResponseFlags flags, string details, bool close, string? location,
        int? grpcStatus = null, IHeaderDictionary? headers = null)
    {
        StreamInfo info = request.Info;
        info.Flags |= flags;
        info.ResponseCodeDetails = details;
        request.AnsweredLocally = true;
        HttpResponse response = request.Http.Response;
        if (response.HasStarted)
            return;
        response.Headers.Clear();
        bool isHead = HttpMethods.IsHead(request.Method);
        foreach (KeyValuePair<string, StringValues> header in headers ?? NoHeaders)
            response.Headers[header.Key] = header.Value;
        bool asGrpc = info.IsGrpc && (status != 200 || grpcStatus is not null);
        if (asGrpc)
        {
            WriteGrpc(response.Headers, info, grpcStatus ?? ToGrpcStatus(status), isHead ? default : body);
            status = 200;
            body = default;
        }
        else
        {
            if (location is not null)
                response.Headers[HeaderNames.Location] = location;
            if (!body.IsEmpty)
            {
                response.Headers.TryAdd(HeaderNames.ContentType, "text/plain");
                response.ContentLength = body.Length;
            }
        }
        if (request.IsOverflow)
            response.Headers[HeaderNames.Overloaded] = "true";
        response.StatusCode = info.ResponseCode = status;
        if (request.Route is not null)
            HeaderOperator.ApplyToResponse(request.ResponseHeaders, response.Headers, request.Headers, info);
        if (request.Chain is { } chain)
        {
            foreach (HttpFilter filter in chain.Filters)
                filter.OnResponse(request);
            if (chain.Settings.ServerHeader is { } server)
                response.Headers[HeaderNames.Server] = server;
        }
        bool unread = !request.IsRequestComplete;
        // RFC 9931: what a client sends after CONNECT without waiting is not to be taken for requests.
        if (request.IsHttp1 && (close || unread || request.IsTunnel))
            response.Headers[HeaderNames.Connection] = "close";
        try
        {
            if (!body.IsEmpty && !isHead)
            {
                info.BytesSent += body.Length;
                response.BodyWriter.Write(body.Span);
                await response.BodyWriter.FlushAsync(request.Http.RequestAborted);
            }
            if (unread)
            {
                await response.CompleteAsync();
                // The server ends an HTTP/2 stream by itself; a client that waits for 100 sends no body any more.
                if (request.IsHttp1 && !request.Headers.ContainsKey(HeaderNames.Expect))
                    await DrainAsync(request);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The client left while being answered.
        }
    }

    private static void WriteGrpc(IHeaderDictionary headers, StreamInfo info, int grpcStatus, ReadOnlyMemory<byte> message)
    {
        headers[HeaderNames.ContentType] = "application/grpc";
        headers[HeaderNames.GrpcStatus] = info.GrpcStatus = grpcStatus.ToString(CultureInfo.InvariantCulture);
        if (!message.IsEmpty)
            headers[HeaderNames.GrpcMessage] = PercentEncode(message.Span);
    }

    // The gRPC protocol's grpc-message: printable ASCII but '%' stands for itself.
    private static string PercentEncode(ReadOnlySpan<byte> message)
    {
        var text = new StringBuilder(message.Length);
        foreach (byte b in message)
        {
            if (b is >= 0x20 and <= 0x7e and not (byte)'%')
                text.Append((char)b);
            else
                text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }
        return text.ToString();
    }

    // A close with unread bytes makes the kernel send a reset, which can overtake the answer.
    private static async Task DrainAsync(RequestContext request)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        using CancellationTokenSource deadline = new(DelayedClose, request.Time);
        try
        {
            while (await request.Http.Request.Body.ReadAsync(buffer, deadline.Token) > 0)
            {
            }
            ArrayPool<byte>.Shared.Return(buffer);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The buffer is not returned: a cancelled read may still be writing into it.
        }
    }
}
