using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Gateway.Clusters;
using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;

namespace Gateway.Tests.Forwarding.Http1;

/// <summary>
/// Generated responses through both upstream clients: the same reaches the client, or ours refuses what is ambiguous.
/// GATEWAY_DIFFERENTIAL sets how many, GATEWAY_DIFFERENTIAL_FIRST with which to begin.
/// </summary>
public sealed class DifferentialTests
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_DIFFERENTIAL") ?? "600", CultureInfo.InvariantCulture);

    private static readonly int First = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_DIFFERENTIAL_FIRST") ?? "0", CultureInfo.InvariantCulture);

    private const int Attempts = 3;

    // Made anew for every response.
    private static readonly string[] Varying = ["date", "x-envoy-upstream-service-time"];

    private static readonly string[] VaryingRequest = ["x-request-id", "x-forwarded-for", "x-envoy-expected-rq-timeout-ms"];

    // A body that turns out to be empty can be announced either way.
    private static readonly string[] Framing = ["transfer-encoding", "content-length"];

    [LinuxFact]
    public async Task Both_clients_bring_the_same_answer_or_ours_refuses_it()
    {
        var seen = new ConcurrentDictionary<int, ConcurrentQueue<SeenRequest>>();
        await using var origin = new ScriptedOrigin(async (stream, request) =>
        {
            int number = int.Parse(request.Target.AsSpan(1), CultureInfo.InvariantCulture);
            Generated response = Generated.Make(new Random(number));
            seen.GetOrAdd(number, _ => []).Enqueue(request);
            int at = 0;
            foreach (int end in response.Splits)
            {
                await stream.WriteAsync(response.Wire.AsMemory(at, end - at));
                await Task.Yield();
                at = end;
            }

            await stream.WriteAsync(response.Wire.AsMemory(at));
            return response.Keep;
        });
        await using DataPlaneBed own = await StartAsync(origin, UpstreamClientKind.Own);
        await using DataPlaneBed yarp = await StartAsync(origin, UpstreamClientKind.Yarp);

        await Parallel.ForEachAsync(Enumerable.Range(First, Count), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (number, _) =>
        {
            Generated response = Generated.Make(new Random(number));
            string ours = "", theirs = "";
            // A backend that closes without a word may do so while the next request is on its way: that is chance.
            for (int attempt = 0; attempt < Attempts && (attempt == 0 || !Agree(response, ours, theirs)); attempt++)
            {
                ours = await AskAsync(own, number, response);
                theirs = await AskAsync(yarp, number, response);
            }

            Assert.True(Agree(response, ours, theirs), $"{number}: YARP:\n{theirs}\nours:\n{ours}\nwire:\n{Encoding.Latin1.GetString(response.Wire)}");
            if (!response.Ambiguous && seen.TryRemove(number, out ConcurrentQueue<SeenRequest>? requests))
                CompareRequests(number, response, requests);
            own.Requests.Clear();
            yarp.Requests.Clear();
            origin.Requests.Clear();
        });
    }

    // Of two answers that break off YARP can still say 503 when nothing of the body came; as in Envoy, our head has gone out by then.
    private static bool Agree(Generated response, string ours, string theirs) =>
        response.Ambiguous ? ours.StartsWith("502", StringComparison.Ordinal) || ours == "broken off"
        : response.BrokenOff ? ours == "broken off" && (theirs == ours || theirs.StartsWith("503", StringComparison.Ordinal))
        : theirs == ours;

    // What the backend got: the body as it was sent, and the same lines from both.
    private static void CompareRequests(int number, Generated response, IEnumerable<SeenRequest> requests)
    {
        Assert.All(requests, request => Assert.True(request.Body.AsSpan().SequenceEqual(response.RequestBody), $"{number}: body of {request.Body.Length} bytes"));
        Assert.True(requests.Select(Lines).Distinct(StringComparer.Ordinal).Count() == 1, $"{number}: {string.Join("\n--\n", requests.Select(Lines))}");

        static string Lines(SeenRequest request) => string.Join('\n', request.Head.Split("\r\n")
            .Select(line => line.Split(':', 2) is [string name, string value] ? $"{name.ToLowerInvariant()}:{value}" : line)
            .Where(line => !VaryingRequest.Any(name => line.StartsWith(name, StringComparison.Ordinal))).Order(StringComparer.Ordinal));
    }

    private static async Task<string> AskAsync(DataPlaneBed bed, int number, Generated response)
    {
        try
        {
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
            using var timeout = new CancellationTokenSource(Eventually.Deadline);
            await client.SendAsync($"{response.Method} /{number} HTTP/1.1\r\nHost: a\r\n{response.RequestLines}\r\n", timeout.Token);
            await client.Stream.WriteAsync(response.RequestWire, timeout.Token);
            RawHttpResponse? answer = await client.ReadResponseAsync(response.IsHead, timeout.Token);
            if (answer is null)
                return "broken off";
            IEnumerable<string> headers = answer.Headers
                .Where(header => !Varying.Contains(header.Key.ToLowerInvariant()))
                .Where(header => answer.Body.Length > 0 || response.IsHead || !Framing.Contains(header.Key.ToLowerInvariant()))
                .Select(header => $"{header.Key.ToLowerInvariant()}: {header.Value}").Order(StringComparer.Ordinal);
            return $"{answer.Status}\n{string.Join('\n', headers)}\n{answer.Body.Length} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(answer.Body))}";
        }
        catch (IOException)
        {
            return "broken off";
        }
    }

    private static Task<DataPlaneBed> StartAsync(ScriptedOrigin origin, UpstreamClientKind client) => DataPlaneBed.StartExactlyAsync(
        DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], DataPlaneBed.Cluster("a", UpstreamProtocol.Http1, origin.Port)),
        new DataPlaneOptions { EventLoops = 1, Transport = TransportKind.EventLoop, UpstreamClient = client });

    private sealed record Generated(byte[] Wire, int[] Splits, bool Keep, bool IsHead, bool Ambiguous, bool BrokenOff)
    {
        private static readonly string[] Methods = ["GET", "GET", "GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
        private static readonly string[] Interims = ["", "", "", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102\r\nX: y\r\n\r\n"];
        // Kestrel takes the first ones from clients.
        private static readonly string[] Extensions = ["", "", "", ";ext=1", " ;x=y", " ", "\t;a;b=\"c\""];
        private const int ExtensionsOfClients = 4;

        public string Method { get; private init; } = "GET";

        public string RequestLines { get; private init; } = "";

        public byte[] RequestBody { get; private init; } = [];

        public byte[] RequestWire { get; private init; } = [];

        private static readonly string[] Values = ["", "a", " padded ", "a, b", "text/html; charset=utf-8", "\"quoted\"", "ümläut", new('x', 3000)];
        private static readonly string[] Names = ["X-One", "x-two", "Content-Type", "ETag", "Cache-Control", "Vary", "Set-Cookie", "Set-Cookie", "Link", "x.odd~name"];
        private static readonly int[] Statuses = [200, 200, 200, 201, 203, 204, 206, 301, 304, 400, 404, 418, 429, 500, 503];

        private static readonly string[] Oddities =
        [
            "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: gzip\r\n", "X : y\r\nContent-Length: 0\r\n", "X: y\n", " X: y\r\n", "no colon\r\n", "X: a\0b\r\n",
        ];

        public static Generated Make(Random random)
        {
            int status = Statuses[random.Next(Statuses.Length)];
            bool isHead = random.Next(10) == 0;
            bool ambiguous = random.Next(8) == 0;
            var head = new StringBuilder($"{Interims[random.Next(Interims.Length)]}HTTP/1.1 {status} Some Reason\r\n");
            for (int i = random.Next(5); i > 0; i--)
                head.Append(CultureInfo.InvariantCulture, $"{Names[random.Next(Names.Length)]}:{(random.Next(2) == 0 ? " " : "")}{Values[random.Next(Values.Length)]}\r\n");
            byte[] body = EventLoopConnectionTests.Pattern(random.Next(4) == 0 ? random.Next(100_000) : random.Next(50));
            bool bodiless = isHead || status is 204 or 304;
            bool keep = true;
            bool brokenOff = false;
            byte[] sent = [];
            if (ambiguous)
            {
                head.Append(Oddities[random.Next(Oddities.Length)]);
            }
            else if (bodiless)
            {
                if (status != 204 && random.Next(2) == 0)
                    head.Append("Content-Length: 17\r\n");
            }
            else
            {
                int framing = random.Next(3);
                keep = framing < 2 && random.Next(5) > 0;
                head.Append(framing switch { 0 => $"Content-Length: {body.Length}\r\n", 1 => "Transfer-Encoding: chunked\r\n", _ => "" });
                sent = framing == 1 ? Chunked(body, random, Extensions.Length) : body;
                // Breaking off is only told from ending where the framing says so.
                if (framing < 2 && sent.Length > 10 && random.Next(10) == 0)
                    (sent, keep, brokenOff) = (sent[..random.Next(1, sent.Length - 5)], false, true);
            }

            byte[] wire = [.. Encoding.Latin1.GetBytes(head + "\r\n"), .. sent];
            // Now and then every byte by itself.
            int[] splits = random.Next(20) == 0 && wire.Length < 400
                ? [.. Enumerable.Range(1, wire.Length - 1)]
                : [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(wire.Length)).Order()];
            string method = isHead ? "HEAD" : Methods[random.Next(Methods.Length)];
            byte[] asked = method is "GET" or "HEAD" || random.Next(3) == 0 ? [] : EventLoopConnectionTests.Pattern(random.Next(8) == 0 ? random.Next(60_000) : random.Next(200));
            bool inChunks = asked.Length > 0 && random.Next(2) == 0;
            return new Generated(wire, splits, keep && !ambiguous, isHead, ambiguous, brokenOff)
            {
                Method = method,
                RequestLines = inChunks ? "Transfer-Encoding: chunked\r\n" : asked.Length > 0 ? $"Content-Length: {asked.Length}\r\n" : "",
                RequestBody = asked,
                RequestWire = inChunks ? Chunked(asked, random, ExtensionsOfClients) : asked,
            };
        }

        private static byte[] Chunked(byte[] body, Random random, int extensions)
        {
            using var wire = new MemoryStream();
            for (int at = 0; at < body.Length;)
            {
                int count = Math.Min(random.Next(1, 20_000), body.Length - at);
                wire.Write(Encoding.ASCII.GetBytes($"{count:X}{Extensions[random.Next(extensions)]}\r\n"));
                wire.Write(body, at, count);
                wire.Write("\r\n"u8);
                at += count;
            }

            wire.Write(Encoding.ASCII.GetBytes(random.Next(5) == 0 ? "0\r\nX-Trailer: t\r\n\r\n" : "0\r\n\r\n"));
            return wire.ToArray();
        }
    }
}
