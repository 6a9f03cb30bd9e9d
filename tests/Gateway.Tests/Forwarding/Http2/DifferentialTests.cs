using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Gateway.Clusters;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;
using Gateway.Hosting;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;
using static Gateway.Tests.Forwarding.Http2.ScriptedPeer;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>
/// Generated exchanges with an HTTP/2 backend through both upstream clients: the same answer reaches the client and the same
/// request the backend, or ours refuses what is malformed. GATEWAY_DIFFERENTIAL_HTTP2 sets how many,
/// GATEWAY_DIFFERENTIAL_HTTP2_FIRST with which to begin.
/// </summary>
public sealed class DifferentialTests
{
    private const int Attempts = 3;
    private const int InitialWindow = 4;
    private const int TableSize = 1;

    private static readonly int Count = Number("GATEWAY_DIFFERENTIAL_HTTP2", 300);
    private static readonly int First = Number("GATEWAY_DIFFERENTIAL_HTTP2_FIRST", 0);
    private static readonly uint[] Windows = [65_535, 1_000_000, 1000, 16];

    private static readonly string[] VaryingRequest = ["x-request-id", "x-forwarded-for", "x-envoy-expected-rq-timeout-ms"];

    private readonly ConcurrentDictionary<int, ConcurrentQueue<string>> _seen = new();

    [LinuxFact]
    public async Task Both_clients_bring_the_same_answer_and_request_or_ours_refuses_it()
    {
        await using var origin = new ScriptedHttp2Origin(AnswerAsync);
        await using DataPlaneBed own = await StartAsync(origin, UpstreamClientKind.Own);
        await using DataPlaneBed yarp = await StartAsync(origin, UpstreamClientKind.Yarp);
        using HttpClient toOwn = TestHttpClient.Create(own.PortOf(80), HttpVersion.Version20);
        using HttpClient toYarp = TestHttpClient.Create(yarp.PortOf(80), HttpVersion.Version20);

        for (int number = First; number < First + Count; number++)
        {
            GeneratedAnswer answer = GeneratedAnswer.Make(new Random(number), 1);
            GeneratedRequest request = GeneratedRequest.Make(number, answer.IsHead);
            string ours = "", theirs = "";
            // A connection that was just ended may have been chosen in that moment: that is chance.
            for (int attempt = 0; attempt < Attempts && ours != GeneratedRequest.NotInTime && (attempt == 0 || !Agree(answer.Kind, ours, theirs)); attempt++)
            {
                ours = await request.SendAsync(own.PortOf(80), toOwn);
                theirs = await request.SendAsync(yarp.PortOf(80), toYarp);
            }

            Assert.True(Agree(answer.Kind, ours, theirs), $"{number}, {answer.Kind}, {request.Method}, {request.Body.Length} bytes, {(request.IsHttp2 ? "HTTP/2" : "HTTP/1.1")}: YARP:\n{theirs}\nours:\n{ours}\nframes:\n{answer.Story}");
            if (_seen.TryRemove(number, out ConcurrentQueue<string>? requests))
                Assert.True(requests.Distinct(StringComparer.Ordinal).Count() == 1, $"{number}: {string.Join("\n--\n", requests)}");
            origin.Frames.Clear();
            own.Requests.Clear();
            yarp.Requests.Clear();
        }
    }

    private static bool Agree(AnswerKind kind, string ours, string theirs) => kind switch
    {
        _ when ours == GeneratedRequest.NotInTime => false,
        AnswerKind.Malformed => IsFailure(ours),
        AnswerKind.BrokenOff => IsFailure(ours) && IsFailure(theirs),
        _ => ours == theirs && !IsFailure(ours),
    };

    private static bool IsFailure(string answer) => answer == "broken off" || answer.StartsWith("502\n", StringComparison.Ordinal) || answer.StartsWith("503\n", StringComparison.Ordinal);

    private async Task AnswerAsync(ScriptedPeer peer)
    {
        await peer.GreetAsync([.. Setting(InitialWindow, Windows[peer.Number % Windows.Length]), .. Setting(TableSize, peer.Number % 3 == 0 ? 0u : 4096u)]);
        while (await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
        {
            List<HeaderLine> lines = peer.Lines(head);
            int number = int.Parse(lines.First(line => line.Name == ":path").Value.AsSpan(1), CultureInfo.InvariantCulture);
            GeneratedAnswer answer = GeneratedAnswer.Make(new Random(number), head.StreamId);
            if (await ReadBodyAsync(peer, head) is not { } body)
                return;
            if (answer.Kind == AnswerKind.Good)
                _seen.GetOrAdd(number, _ => []).Enqueue(Text(lines, body));
            int at = 0;
            foreach (int end in answer.Splits.Append(answer.Wire.Length))
            {
                await peer.WriteAsync(answer.Wire[at..end]);
                await Task.Yield();
                at = end;
            }

            if (answer.Closes)
                return;
        }
    }

    /// <summary>The request's body, which is given windows as it comes; null = the client has ended the connection or the stream.</summary>
    private static async Task<byte[]?> ReadBodyAsync(ScriptedPeer peer, SeenFrame head)
    {
        using var body = new MemoryStream();
        for (bool ended = head.EndsStream; !ended;)
        {
            if (await peer.ReadAsync() is not { Type: not Http2FrameType.ResetStream } frame)
                return null;
            if (frame.Type != Http2FrameType.Data || frame.StreamId != head.StreamId)
                continue;
            body.Write(frame.Payload);
            ended = frame.EndsStream;
            if (!ended)
                await peer.WriteAsync(Frame(Http2FrameType.WindowUpdate, 0, 0, Number32(20_000)), Frame(Http2FrameType.WindowUpdate, 0, head.StreamId, Number32(20_000)));
        }
        return body.ToArray();
    }

    private static string Text(List<HeaderLine> lines, byte[] body) => string.Join('\n', lines
        .Where(line => !VaryingRequest.Contains(line.Name)).Select(line => $"{line.Name}: {line.Value}").Order(StringComparer.Ordinal)
        .Append(Convert.ToHexString(SHA256.HashData(body))));

    private static Task<DataPlaneBed> StartAsync(ScriptedHttp2Origin origin, UpstreamClientKind client) => DataPlaneBed.StartExactlyAsync(
        DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http2, origin.Port)),
        new DataPlaneOptions { EventLoops = 1, Transport = TransportKind.EventLoop, UpstreamClient = client });

    private static int Number(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
