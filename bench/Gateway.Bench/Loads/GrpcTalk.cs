using System.Net;

namespace Gateway.Bench;

/// <summary>gRPC streams in both directions: each message is answered before the next one is sent.</summary>
internal static class GrpcTalk
{
    private const int Connections = 4;
    private const int StreamsPerConnection = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<LoadResult> RunAsync(Contender proxy, BenchFolder folder, int seconds)
    {
        TimeSpan length = TimeSpan.FromSeconds(seconds);
        using var limit = new CancellationTokenSource(length + Patience);
        using var end = new CancellationTokenSource(length);
        HttpClient[] clients = [.. Enumerable.Range(0, Connections).Select(_ => new HttpClient())];
        try
        {
            (long Good, long Bad)[] counts = await Task.WhenAll(clients.SelectMany(client => Enumerable.Repeat(client, StreamsPerConnection))
                .Select(client => TalkAsync(client, $"http://127.0.0.1:{proxy.H2c}/bench.Echo/Talk", end.Token, limit.Token)));
            return new LoadResult(counts.Sum(count => count.Good), counts.Sum(count => count.Bad), seconds);
        }
        finally
        {
            foreach (HttpClient client in clients)
                client.Dispose();
        }
    }

    private static async Task<(long Good, long Bad)> TalkAsync(HttpClient client, string url, CancellationToken end, CancellationToken limit)
    {
        var body = new OpenBody();
        using HttpRequestMessage request = GrpcMessage.Request(url, body);
        long good = 0;
        try
        {
            Task<HttpResponseMessage> answer = client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit);
            Stream up = await body.Opened.WaitAsync(limit);
            // The answer's head may come with the first message.
            await SayAsync(up, limit);
            using HttpResponseMessage response = await answer;
            Stream down = await response.Content.ReadAsStreamAsync(limit);
            byte[] echo = new byte[GrpcMessage.Bytes.Length];
            while (true)
            {
                await down.ReadExactlyAsync(echo, limit);
                good++;
                if (end.IsCancellationRequested)
                    break;
                await SayAsync(up, limit);
            }

            body.Close();
            bool ended = await down.ReadAsync(echo, limit) == 0;
            return (good, ended && GrpcMessage.IsGood(response) ? 0 : 1);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            body.Close();
            return (good, 1);
        }
    }

    private static async Task SayAsync(Stream up, CancellationToken limit)
    {
        await up.WriteAsync(GrpcMessage.Bytes, limit);
        await up.FlushAsync(limit);
    }

    /// <summary>A request's body that is written from outside.</summary>
    private sealed class OpenBody : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Opened => _opened.Task;

        public void Close() => _closed.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            _opened.TrySetResult(stream);
            return _closed.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>One gRPC message of 100 bytes with its prefix, and what is common to calls that carry it.</summary>
internal static class GrpcMessage
{
    public static byte[] Bytes { get; } = [0, 0, 0, 0, 100, .. new byte[100]];

    public static HttpRequestMessage Request(string url, HttpContent body)
    {
        body.Headers.TryAddWithoutValidation("content-type", "application/grpc");
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = body };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        return request;
    }

    /// <summary>Whether the call that is over ended with status 0.</summary>
    public static bool IsGood(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.OK && response.TrailingHeaders.TryGetValues("grpc-status", out IEnumerable<string>? status) && status.Single() == "0";
}
