using System.Net;

namespace Gateway.Bench;

/// <summary>One request, to see that the answer is what the load will count.</summary>
internal static class Probe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>GET: 200 with so many bytes over this version of HTTP. Headers are <c>NAME: VALUE</c>.</summary>
    public static async Task<string?> GetAsync(string url, int bytes, Version version, params string[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        foreach (string header in headers)
            request.Headers.TryAddWithoutValidation(header[..header.IndexOf(':')], header[(header.IndexOf(':') + 2)..]);
        return await AskAsync(request, async response =>
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            return response.StatusCode == HttpStatusCode.OK && body.Length == bytes ? null : $"{(int)response.StatusCode} with {body.Length} bytes";
        });
    }

    /// <summary>POST of a megabyte: 200.</summary>
    public static Task<string?> UploadAsync(string url) =>
        AskAsync(new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(new byte[1024 * 1024]) },
            response => Task.FromResult(response.StatusCode == HttpStatusCode.OK ? null : $"{(int)response.StatusCode}"));

    /// <summary>A gRPC call with one message: status 0 and so many messages back.</summary>
    public static Task<string?> GrpcAsync(string url, int messages) =>
        AskAsync(GrpcMessage.Request(url, new ByteArrayContent(GrpcMessage.Bytes)), async response =>
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            return GrpcMessage.IsGood(response) && body.Length == messages * GrpcMessage.Bytes.Length ? null : $"{(int)response.StatusCode} with {body.Length} bytes";
        });

    /// <summary>For loads that look at each answer themselves.</summary>
    public static Task<string?> NoneAsync(Contender proxy, BenchFolder folder) => Task.FromResult<string?>(null);

    private static async Task<string?> AskAsync(HttpRequestMessage request, Func<HttpResponseMessage, Task<string?>> judge)
    {
        using HttpRequestMessage owned = request;
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        using var client = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request);
            return await judge(response);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return exception.InnerException?.Message ?? exception.Message;
        }
    }
}
