using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Failures;

/// <summary>Responses whose head has come and whose body has not: the client has the head at once, and keeps it when the rest fails, as with Envoy.</summary>
public sealed class BrokenResponseTests
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte ResetStream = 3;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const string After = "upstream_reset_after_response_started{connection_termination}";

    public static TheoryData<string, string, string> Stacks
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string transport in TestMode.Transports)
            {
                foreach (string upstream in (string[])["HTTP", "HTTP2"])
                {
                    data.Add(transport, upstream, "1.1");
                    data.Add(transport, upstream, "2.0");
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task The_head_does_not_wait_for_the_body(string transport, string protocol, string version)
    {
        await using var upstream = new ScriptedUpstream(async peer =>
        {
            await SendHeadAsync(peer, protocol);
            await peer.ClientHasHeadAsync();
            await peer.SendAsync(protocol == "HTTP2" ? Http2UpstreamFaultTests.Frame(Data, EndStream, 1, "abc"u8.ToArray()) : "3\r\nabc\r\n0\r\n\r\n"u8.ToArray());
            await peer.HangAsync();
        });
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, protocol);
        using HttpClient client = TestHttpClient.Create(bed.Gateway.Port(80), Version.Parse(version));

        using HttpResponseMessage response = await AskAsync(client, version);
        upstream.ClientHasHead.SetResult();

        Assert.Equal("abc", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task A_response_that_breaks_off_behind_its_head_is_seen_to_break_off(string transport, string protocol, string version)
    {
        await using var upstream = new ScriptedUpstream(peer => SendHeadAsync(peer, protocol));
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, protocol);

        await AssertBreaksOffAsync(bed, version, "UC", After);
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task A_response_that_hangs_behind_its_head_runs_out_of_time(string transport, string protocol, string version)
    {
        // The first request of a process takes its time before it comes to its head.
        await using var upstream = new ScriptedUpstream(peer => SendHeadAsync(peer, protocol));
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, protocol, "timeout: 1s");
        await bed.AskAsync();
        await bed.Gateway.CompletionAsync(request => request.Flags.Length > 0);
        upstream.Script = async peer =>
        {
            await SendHeadAsync(peer, protocol);
            await peer.HangAsync();
        };

        await AssertBreaksOffAsync(bed, version, "UT", "response_timeout", skip: 1);
    }

    [Theory]
    [InlineData("event-loop", "UR", "upstream_reset_after_response_started{remote_reset}")]
    [InlineData("event-loop+yarp", "UC", After)]
    [InlineData("sockets", "UC", After)]
    public async Task A_stream_that_is_reset_behind_its_head_is_seen_to_break_off(string transport, string flags, string details)
    {
        await using var upstream = new ScriptedUpstream(async peer =>
        {
            await SendHeadAsync(peer, "HTTP2");
            await peer.SendAsync(Http2UpstreamFaultTests.Frame(ResetStream, 0, 1, [0, 0, 0, 2]));
            await peer.HangAsync();
        });
        await using FaultBed bed = await FaultBed.StartAsync(transport, upstream.Port, "HTTP2");

        await AssertBreaksOffAsync(bed, "2.0", flags, details);
    }

    private static async Task SendHeadAsync(ScriptedPeer peer, string protocol)
    {
        if (protocol == "HTTP2")
        {
            await Http2UpstreamFaultTests.AfterRequestAsync(peer, Http2UpstreamFaultTests.Frame(Headers, EndHeaders, 1, [0x88]), hangs: false);
            return;
        }
        await peer.ReadHeadAsync();
        await peer.SendAsync("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    }

    private static async Task AssertBreaksOffAsync(FaultBed bed, string version, string flags, string details, int skip = 0)
    {
        using HttpClient client = TestHttpClient.Create(bed.Gateway.Port(80), Version.Parse(version));

        using HttpResponseMessage response = await AskAsync(client, version);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.LoadIntoBufferAsync());
        await Eventually.HoldsAsync(() => bed.Gateway.Completed.Count > skip, "it has ended");
        CompletedRequest completed = bed.Gateway.Completed.ElementAt(skip);

        Assert.Equal((200, flags, details), (completed.Status, completed.Flags, completed.Details));
        Assert.True(bed.Gateway.Faults.Count == 0, string.Join('\n', bed.Gateway.Faults));
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string version)
    {
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, Version.Parse(version), "http", "a.test", "/");
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Eventually.Deadline);
    }
}
