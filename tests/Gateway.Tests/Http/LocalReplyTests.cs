using System.Globalization;
using System.Net;
using Gateway.Http;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Http;

public sealed class LocalReplyTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task A_client_that_still_sends_gets_the_answer_and_a_close()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "no need"))]));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {4 * MiB}\r\n\r\n"));
        await connection.SendAsync(new byte[MiB]);

        RawHttpResponse? response = await connection.ReadResponseAsync();

        Assert.Equal((200, "no need", "close"), (response!.Status, response.Text, response.Header("connection")));
        await connection.WaitForCloseAsync();
    }

    [Fact]
    public async Task A_complete_request_keeps_its_connection()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/a", 204, ""))]));
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(80));

        foreach ((string path, int status) in new[] { ("/a", 204), ("/missing", 404), ("/a", 204) })
        {
            await connection.SendAsync($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            RawHttpResponse? response = await connection.ReadResponseAsync();
            Assert.Equal(status, response!.Status);
            Assert.Equal("istio-envoy", response.Header("server"));
            Assert.NotNull(response.Header("date"));
            Assert.Null(response.Header("content-type"));
            Assert.Null(response.Header("x-envoy-upstream-service-time"));
        }
    }

    [Fact]
    public async Task An_http2_client_with_an_unread_body_gets_the_answer()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 413, "too much"))]));
        using HttpClient client = TestHttpClient.Create(bed.PortOf(80), HttpVersion.Version20);

        using HttpResponseMessage response = await client.PostAsync("/", new ByteArrayContent(new byte[MiB]));

        Assert.Equal("too much", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(400, 13)]
    [InlineData(401, 16)]
    [InlineData(403, 7)]
    [InlineData(404, 12)]
    [InlineData(408, 2)]
    [InlineData(429, 14)]
    [InlineData(431, 2)]
    [InlineData(500, 2)]
    [InlineData(502, 14)]
    [InlineData(503, 14)]
    [InlineData(504, 14)]
    public void Statuses_become_grpc_statuses_as_in_envoy(int http, int grpc) => Assert.Equal(grpc, LocalReply.ToGrpcStatus(http));
}
