using System.Net;
using System.Text;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Grpc.Core;
using Grpc.Net.Client;

namespace Gateway.Integration.Tests.Egress;

/// <summary>The gateway's own certificate, as an nginx sees it that lets nobody in without.</summary>
public sealed class VerifyingServerTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Somebody else");
    private readonly TestCertificate _server;

    public VerifyingServerTests() => _server = _authority.IssueServer("partner.test");

    public void Dispose()
    {
        _server.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [ToolFact("nginx")]
    public async Task Nginx_sees_the_subject_of_the_certificate_shown()
    {
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server);
        using TestCertificate own = _authority.IssueClient("first");
        await using TestGateway gateway = await TestGateway.StartOnAsync(true, Config(nginx.Port, "HTTP", "MUTUAL", Secret(own)));

        (int status, string body) = await GetAsync(gateway);

        Assert.Equal((200, "SUCCESS\nCN=first\npartner.test"), (status, body));
    }

    [ToolTheory("nginx")]
    [InlineData("SIMPLE")]
    [InlineData("MUTUAL")]
    public async Task Nginx_lets_nobody_in_without_a_certificate_of_its_authority(string mode)
    {
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server);
        using TestCertificate foreign = _stranger.IssueClient("first");
        await using TestGateway gateway = await TestGateway.StartOnAsync(true, Config(nginx.Port, "HTTP", mode, Secret(foreign)));

        (int status, string body) = await GetAsync(gateway);

        Assert.Equal(400, status);
        Assert.Contains(mode == "SIMPLE" ? "No required SSL certificate was sent" : "The SSL certificate error", body, StringComparison.Ordinal);
    }

    [ToolFact("nginx")]
    public async Task Grpc_calls_go_out_over_mutual_tls()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("behind nginx");
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server, echo.Port);
        using TestCertificate own = _authority.IssueClient("caller");
        await using TestGateway gateway = await TestGateway.StartOnAsync(true, Config(nginx.Port, "GRPC", "MUTUAL", Secret(own)));
        using GrpcChannel channel = GrpcChannel.ForAddress(
            "http://partner.test",
            new GrpcChannelOptions { HttpHandler = TestHttpClient.CreateHandler(gateway.Port(80), null), DisposeHttpClient = true });
        CallInvoker calls = channel.CreateCallInvoker();
        var options = new CallOptions(deadline: DateTime.UtcNow + Eventually.Deadline);

        using AsyncUnaryCall<string> unary = calls.AsyncUnaryCall(EchoGrpc.UnaryMethod, null, options, "hello");
        Assert.Equal("hello", await unary);
        Assert.Equal("grpc", unary.GetTrailers().GetValue("echo-trailer"));

        using AsyncServerStreamingCall<string> stream = calls.AsyncServerStreamingCall(EchoGrpc.ServerMethod, null, options, "100");
        int count = 0;
        await foreach (string message in stream.ResponseStream.ReadAllAsync())
            Assert.Equal((++count).ToString(System.Globalization.CultureInfo.InvariantCulture), message);
        Assert.Equal(100, count);

        using AsyncUnaryCall<string> failing = calls.AsyncUnaryCall(EchoGrpc.FailMethod, null, options, "9");
        RpcException failure = await Assert.ThrowsAsync<RpcException>(async () => await failing);
        Assert.Equal((StatusCode.FailedPrecondition, "asked for"), (failure.StatusCode, failure.Status.Detail));
        Assert.All(echo.Requests, request => Assert.Equal("CN=caller", Assert.Single(request.Headers["x-client-subject"])));
    }

    [ToolFact("nginx")]
    public async Task A_renewed_certificate_is_shown_by_the_next_connections_and_no_request_fails()
    {
        await using ServerProcess nginx = await VerifyingNginx.StartAsync(_authority, _server);
        using TestCertificate first = _authority.IssueClient("first");
        using TestCertificate second = _authority.IssueClient("second");
        await using TestGateway gateway = await TestGateway.StartOnAsync(true, Config(nginx.Port, "HTTP", "MUTUAL", Secret(first)));
        await using var load = new SteadyLoad(gateway.Port(80), "partner.test", kindOf: SubjectAsync);

        await load.UntilAsync(answers => answers.GetValueOrDefault("CN=first") > 50);
        Assert.Empty(await gateway.ApplyAsync(Config(nginx.Port, "HTTP", "MUTUAL", Secret(second))));
        await load.UntilAsync(answers => answers.GetValueOrDefault("CN=second") > 500);
        await load.StopAsync();

        Assert.Empty(load.Failures);
        Assert.Equal(["CN=first", "CN=second"], load.Answers.Keys.Order(StringComparer.Ordinal));
    }

    private string[] Config(int port, string protocol, string mode, string secret) =>
    [
        TestConfig.HttpGateway(), TestConfig.Route("partner.test", "partner.test"), TestConfig.Backend("partner.test", protocol, port), secret,
        $$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: partner, namespace: default}
        spec:
          host: partner.test
          trafficPolicy:
            tls: {mode: {{mode}}, credentialName: own}
        """,
        $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: own-cacert, namespace: istio-system}
        data: {cacert: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(_authority.AuthorityPem))}}}
        """,
    ];

    private static string Secret(TestCertificate own) => TestConfig.Secret("own", own);

    private static async Task<string> SubjectAsync(HttpResponseMessage response) => (await response.Content.ReadAsStringAsync()).Split('\n')[1];

    private static async Task<(int Status, string Body)> GetAsync(TestGateway gateway)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "partner.test", "/");
        using HttpResponseMessage response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
