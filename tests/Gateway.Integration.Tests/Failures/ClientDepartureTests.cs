using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Clients that vanish, at every stage of a request, by FIN and by RST: the upstream's request ends with them and nothing stays behind.</summary>
public sealed class ClientDepartureTests
{
    private const string Head = "POST /left HTTP/1.1\r\nHost: a.test\r\n";

    public static TheoryData<bool, bool, string> Stages
    {
        get
        {
            var data = new TheoryData<bool, bool, string>();
            foreach (bool eventLoops in (bool[])[true, false])
            {
                foreach (bool resets in (bool[])[true, false])
                {
                    foreach (string stage in (string[])["head", "body", "chunked body", "waiting", "response", "chunked response", "endless response"])
                        data.Add(eventLoops, resets, stage);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public async Task A_client_that_vanishes_leaves_nothing(bool eventLoops, bool resets, string stage)
    {
        await using var upstream = new ScriptedUpstream(peer => AnswerAsync(peer, stage));
        await using FaultBed bed = await FaultBed.StartAsync(eventLoops, upstream.Port);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection client = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(80), cancel: deadline.Token);

        await client.SendAsync(Request(stage), deadline.Token);
        bool isForwarded = stage != "head";
        await Eventually.HoldsAsync(() => isForwarded ? upstream.Heads == 1 : bed.Gateway.OpenConnections == 1, "it has come so far");
        bool isAnswered = stage.EndsWith("response", StringComparison.Ordinal);
        if (isAnswered)
            Assert.Equal(200, (await client.ReadResponseAsync(toHead: true, deadline.Token))?.Status);
        if (resets)
            client.Abort();
        else
            await client.DisposeAsync();

        await bed.NothingIsLeftAsync(upstream);
        if (isForwarded)
        {
            CompletedRequest completed = await bed.Gateway.CompletionAsync(_ => true);
            Assert.Equal("DC", completed.Flags);
            Assert.Equal(isAnswered ? 200 : 0, completed.Status);
            Assert.Contains("downstream_remote_disconnect", completed.Details, StringComparison.Ordinal);
        }
        upstream.Script = peer => peer.ServeWellAsync();
        Assert.Equal((200, true), await bed.AskAsync());
    }

    private static string Request(string stage) => stage switch
    {
        "head" => Head + "X-Half: a",
        "body" => Head + "Content-Length: 10\r\n\r\nabc",
        "chunked body" => Head + "Transfer-Encoding: chunked\r\n\r\na\r\nabc",
        _ => Head + "Content-Length: 3\r\n\r\nabc",
    };

    private static async Task AnswerAsync(ScriptedPeer peer, string stage)
    {
        await peer.ReadHeadAsync();
        if (stage == "response")
            await peer.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
        if (stage is "chunked response" or "endless response")
            await peer.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
        string chunk = $"1000\r\n{new string('x', 0x1000)}\r\n";
        while (stage == "endless response")
            await peer.SendAsync(chunk);
        await peer.HangAsync();
    }
}
