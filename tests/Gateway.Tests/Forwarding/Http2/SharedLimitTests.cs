using System.Threading.Channels;
using Gateway.Clusters.Http2;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Transport;
using static Gateway.Tests.Forwarding.Http2.ScriptedPeer;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>Loops that share fewer connections than they want: each has its turn, whatever load the others have.</summary>
public sealed class SharedLimitTests
{
    private static readonly TimeSpan ServiceTime = TimeSpan.FromMilliseconds(2);

    [LinuxFact]
    public async Task A_loop_under_constant_load_leaves_the_only_connection_to_others_in_turn()
    {
        // One answer at a time, each of which takes a while: with two clients the connection is never without a stream.
        await using Http2Bed bed = await Http2Bed.StartAsync(
            async peer =>
            {
                await peer.GreetAsync();
                var asked = Channel.CreateUnbounded<int>();
                Task answering = AnswerAsync(peer, asked.Reader);
                while (await peer.ReadUntilAsync(Http2FrameType.Headers) is { } head)
                    asked.Writer.TryWrite(head.StreamId);
                asked.Writer.Complete();
                await answering;
            },
            "connectionPool: {tcp: {maxConnections: 1, connectTimeout: 25s}}");
        using var end = new CancellationTokenSource();
        int[] answers = new int[12];

        async Task WorkAsync(int number)
        {
            await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Front.Port(80));
            while (!end.IsCancellationRequested)
            {
                await client.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
                Assert.Equal(200, (await client.ReadResponseAsync())!.Status);
                Interlocked.Increment(ref answers[number]);
            }
        }

        Task[] clients = [.. Enumerable.Range(0, answers.Length).Select(number => Task.Run(() => WorkAsync(number)))];
        await Eventually.HoldsAsync(() => answers.All(count => Volatile.Read(ref count) >= 5) || clients.Any(client => client.IsFaulted), "every client has had answers");
        await end.CancelAsync();
        await Task.WhenAll(clients);

        Assert.True(bed.Cluster.Connections.Open <= 1);
        await bed.NothingIsLeftAsync();
    }

    private static async Task AnswerAsync(ScriptedPeer peer, ChannelReader<int> asked)
    {
        await foreach (int stream in asked.ReadAllAsync())
        {
            await Task.Delay(ServiceTime);
            await peer.WriteAsync(Ok(stream));
        }
    }
}
