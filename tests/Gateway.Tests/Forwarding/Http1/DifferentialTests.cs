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
/// GATEWAY_DIFFERENTIAL sets how many.
/// </summary>
public sealed class DifferentialTests
{
    private static readonly int Count = int.Parse(Environment.GetEnvironmentVariable("GATEWAY_DIFFERENTIAL") ?? "600", CultureInfo.InvariantCulture);

    // Made anew for every response.
    private static readonly string[] Varying = ["date", "x-envoy-upstream-service-time"];

    // A body that turns out to be empty can be announced either way.
    private static readonly string[] Framing = ["transfer-encoding", "content-length"];

    [LinuxFact]
    public async Task Both_clients_bring_the_same_answer_or_ours_refuses_it()
    {
        Generated[] responses = [.. Enumerable.Range(0, Count).Select(seed => Generated.Make(new Random(seed)))];
        await using var origin = new ScriptedOrigin(async (stream, request) =>
        {
            Generated response = responses[int.Parse(request.Target.AsSpan(1), CultureInfo.InvariantCulture)];
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

        for (int i = 0; i < Count; i++)
        {
            string ours = await AskAsync(own, i, responses[i]);
            string theirs = await AskAsync(yarp, i, responses[i]);
            if (responses[i].Ambiguous)
                Assert.True(ours.StartsWith("502", StringComparison.Ordinal) || ours == "broken off", $"{i}: {ours}\n{Encoding.Latin1.GetString(responses[i].Wire)}");
            else if (responses[i].BrokenOff)
                // YARP can still say 503 when nothing of the body came; as in Envoy, our head has gone out by then.
                Assert.True(ours == "broken off" && (theirs == ours || theirs.StartsWith("503", StringComparison.Ordinal)), $"{i}: YARP:\n{theirs}\nours:\n{ours}");
            else
                Assert.True(theirs == ours, $"{i}: YARP:\n{theirs}\nours:\n{ours}\nwire:\n{Encoding.Latin1.GetString(responses[i].Wire)}");
        }
    }

    private static async Task<string> AskAsync(DataPlaneBed bed, int number, Generated response)
    {
        try
        {
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
            using var timeout = new CancellationTokenSource(Eventually.Deadline);
            await client.SendAsync($"{(response.IsHead ? "HEAD" : "GET")} /{number} HTTP/1.1\r\nHost: a\r\n\r\n", timeout.Token);
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
            var head = new StringBuilder($"HTTP/1.1 {status} Some Reason\r\n");
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
                sent = framing == 1 ? Chunked(body, random) : body;
                // Breaking off is only told from ending where the framing says so.
                if (framing < 2 && sent.Length > 10 && random.Next(10) == 0)
                    (sent, keep, brokenOff) = (sent[..random.Next(1, sent.Length - 5)], false, true);
            }

            byte[] wire = [.. Encoding.Latin1.GetBytes(head + "\r\n"), .. sent];
            int[] splits = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(wire.Length)).Order()];
            return new Generated(wire, splits, keep && !ambiguous, isHead, ambiguous, brokenOff);
        }

        private static byte[] Chunked(byte[] body, Random random)
        {
            using var wire = new MemoryStream();
            for (int at = 0; at < body.Length;)
            {
                int count = Math.Min(random.Next(1, 20_000), body.Length - at);
                wire.Write(Encoding.ASCII.GetBytes($"{count:X}{(random.Next(5) == 0 ? ";ext=1" : "")}\r\n"));
                wire.Write(body, at, count);
                wire.Write("\r\n"u8);
                at += count;
            }

            wire.Write(Encoding.ASCII.GetBytes(random.Next(5) == 0 ? "0\r\nX-Trailer: t\r\n\r\n" : "0\r\n\r\n"));
            return wire.ToArray();
        }
    }
}
