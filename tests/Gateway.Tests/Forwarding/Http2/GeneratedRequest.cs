using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Transport;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>A request made by chance: method, body and its framing, and whether it comes as HTTP/1.1 or HTTP/2.</summary>
internal sealed class GeneratedRequest
{
    /// <summary>The answer that did not come to its end.</summary>
    public const string NotInTime = "not in time";

    private static readonly string[] Methods = ["GET", "GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

    // Made anew for every response, or by the server for its client.
    private static readonly string[] Varying = ["date", "x-envoy-upstream-service-time", "transfer-encoding", "connection"];

    private readonly int _number;
    private readonly bool _inChunks;

    private GeneratedRequest(int number, Random random, bool isHead)
    {
        _number = number;
        Method = isHead ? "HEAD" : Methods[random.Next(Methods.Length)];
        Body = Method is "GET" or "HEAD" || random.Next(3) == 0 ? [] : EventLoopConnectionTests.Pattern(random.Next(8) == 0 ? random.Next(60_000) : random.Next(1, 200));
        _inChunks = random.Next(2) == 0;
        IsHttp2 = random.Next(3) == 0;
    }

    /// <summary>Its method.</summary>
    public string Method { get; }

    /// <summary>Its body.</summary>
    public byte[] Body { get; }

    /// <summary>What it comes as; only then its answer's trailers are seen.</summary>
    public bool IsHttp2 { get; }

    /// <summary>Makes one.</summary>
    /// <param name="number">Its number, which its path names.</param>
    /// <param name="isHead">Whether the answer was made for HEAD.</param>
    public static GeneratedRequest Make(int number, bool isHead) => new(number, new Random(number + 1_000_000), isHead);

    /// <summary>Sends it to a gateway.</summary>
    /// <returns>The answer as text that can be compared; <c>broken off</c> = it was not whole; <see cref="NotInTime"/>.</returns>
    public Task<string> SendAsync(int port, HttpClient http2) => IsHttp2 ? SendHttp2Async(http2) : SendHttp1Async(port);

    private async Task<string> SendHttp1Async(int port)
    {
        try
        {
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(port);
            using var timeout = new CancellationTokenSource(Eventually.Deadline);
            string framing = Body.Length == 0 ? "" : _inChunks ? "Transfer-Encoding: chunked\r\n" : $"Content-Length: {Body.Length}\r\n";
            string size = Body.Length > 0 && _inChunks ? $"{Body.Length:x}\r\n" : "";
            string end = size.Length > 0 ? "\r\n0\r\n\r\n" : "";
            byte[] wire = [.. Encoding.ASCII.GetBytes($"{Method} /{_number} HTTP/1.1\r\nHost: a\r\n{framing}\r\n{size}"), .. Body, .. Encoding.ASCII.GetBytes(end)];
            Task sending = client.SendAsync(wire, timeout.Token);
            RawHttpResponse? answer = await client.ReadResponseAsync(Method == "HEAD", timeout.Token);
            // An answer may come before the whole request was taken.
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return answer is null ? "broken off" : Text(answer.Status, answer.Headers, answer.Body, "");
        }
        catch (IOException)
        {
            return "broken off";
        }
        catch (OperationCanceledException)
        {
            return NotInTime;
        }
    }

    private async Task<string> SendHttp2Async(HttpClient client)
    {
        try
        {
            using HttpRequestMessage request = TestHttpClient.Request(new HttpMethod(Method), HttpVersion.Version20, "http", "a", $"/{_number}");
            if (Body.Length > 0)
                request.Content = _inChunks ? new StreamContent(new MemoryStream(Body)) { Headers = { ContentLength = null } } : new ByteArrayContent(Body);
            using HttpResponseMessage answer = await client.SendAsync(request);
            byte[] body = await answer.Content.ReadAsByteArrayAsync();
            return Text((int)answer.StatusCode, Flat(answer.Headers.NonValidated).Concat(Flat(answer.Content.Headers.NonValidated)), body, string.Join('\n', Flat(answer.TrailingHeaders.NonValidated)));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return "broken off";
        }
        catch (OperationCanceledException)
        {
            return NotInTime;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Flat(System.Net.Http.Headers.HttpHeadersNonValidated headers) =>
        headers.SelectMany(header => header.Value.Select(value => KeyValuePair.Create(header.Key, value)));

    // A body that turns out to be empty can be announced either way.
    private static string Text(int status, IEnumerable<KeyValuePair<string, string>> headers, byte[] body, string trailers)
    {
        IEnumerable<string> lines = headers
            .Where(header => !Varying.Contains(header.Key.ToLowerInvariant()) && (body.Length > 0 || !header.Key.Equals("content-length", StringComparison.OrdinalIgnoreCase)))
            .Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}").Order(StringComparer.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"{status}\n{string.Join('\n', lines)}\n{body.Length} {Convert.ToHexString(SHA256.HashData(body))}\n{trailers}");
    }
}
