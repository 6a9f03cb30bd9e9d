using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Testing.Clients;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>An answer as the client got it.</summary>
internal sealed record ClientAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body, string? GrpcStatus);

/// <summary>Sends a case's request byte for byte to a port; one connection for each.</summary>
internal sealed class CaseClient(int port, CaseRequest request, X509Certificate2? certificate, X509Certificate2? authority = null)
{
    /// <summary>Sends it; null = closed without an answer.</summary>
    public Task<ClientAnswer?> SendAsync(CancellationToken cancel) => request.Protocol == "http" ? SendHttp1Async(cancel) : SendHttp2Async(cancel);

    private ClientTls? Tls(SslApplicationProtocol protocol) =>
        request.IsTls ? new ClientTls(request.ServerName ?? "", request.OffersMeshProtocol ? [protocol, new SslApplicationProtocol("istio")] : [protocol], certificate) { Authority = authority } : null;

    private async Task<ClientAnswer?> SendHttp1Async(CancellationToken cancel)
    {
        var head = new StringBuilder($"{request.Method} {request.Path} HTTP/1.1\r\nHost: {request.Authority}\r\n");
        foreach ((string name, string value) in request.Headers)
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        head.Append("\r\n");
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port, Tls(SslApplicationProtocol.Http11), request.LiveClientAddress, cancel);
        await connection.SendAsync(Encoding.UTF8.GetBytes(head.ToString()), cancel);
        RawHttpResponse? answer = await connection.ReadResponseAsync(request.Method == "HEAD", cancel);
        return answer is null ? null : new ClientAnswer(answer.Status, answer.Headers, answer.Body, null);
    }

    private async Task<ClientAnswer?> SendHttp2Async(CancellationToken cancel)
    {
        using HttpClient client = TestHttpClient.Create(port, HttpVersion.Version20, Tls(SslApplicationProtocol.Http2), request.LiveClientAddress);
        using HttpRequestMessage message = TestHttpClient.Request(
            new HttpMethod(request.Method), HttpVersion.Version20, request.IsTls ? "https" : "http", request.Authority, request.Path);
        foreach ((string name, string value) in request.Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        if (request.Protocol == "grpc")
        {
            // One empty message in gRPC's framing: flag and length.
            message.Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } };
            message.Headers.TE.ParseAdd("trailers");
        }
        using HttpResponseMessage answer = await client.SendAsync(message, cancel);
        byte[] body = await answer.Content.ReadAsByteArrayAsync(cancel);
        KeyValuePair<string, string>[] headers = [.. answer.Headers.Concat(answer.Content.Headers)
            .SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)))];
        string? grpcStatus = headers.Concat(answer.TrailingHeaders.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value))))
            .FirstOrDefault(header => header.Key.Equals("grpc-status", StringComparison.OrdinalIgnoreCase)).Value;
        return new ClientAnswer((int)answer.StatusCode, headers, body, grpcStatus);
    }
}
