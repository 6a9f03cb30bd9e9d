using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Gateway.Transport;

namespace Gateway.Tests.Forwarding.Limits;

/// <summary><c>h2UpgradePolicy</c> and <c>useClientProtocol</c>: what the backend sees.</summary>
public sealed class UpstreamProtocolTests
{
    private const string MeshUpgrade = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: istio, namespace: istio-system}
        data: {mesh: "h2UpgradePolicy: UPGRADE"}
        """;

    [Theory]
    [InlineData("HTTP", "h2UpgradePolicy: UPGRADE", false, "1.1", "HTTP/2")]
    [InlineData("HTTP", "h2UpgradePolicy: DEFAULT", false, "2.0", "HTTP/1.1")]
    [InlineData("HTTP", "h2UpgradePolicy: DEFAULT", true, "1.1", "HTTP/2")]
    [InlineData("HTTP", "http2MaxRequests: 9", true, "1.1", "HTTP/2")]
    [InlineData("HTTP", "h2UpgradePolicy: DO_NOT_UPGRADE", true, "2.0", "HTTP/1.1")]
    [InlineData("TCP", "http2MaxRequests: 9", true, "1.1", "HTTP/1.1")]
    [InlineData("TCP", "h2UpgradePolicy: UPGRADE", false, "1.1", "HTTP/2")]
    [InlineData("HTTP", "useClientProtocol: true", false, "1.1", "HTTP/1.1")]
    [InlineData("HTTP", "useClientProtocol: true", false, "2.0", "HTTP/2")]
    [InlineData("HTTP2", "useClientProtocol: true", false, "1.1", "HTTP/1.1")]
    public async Task The_backend_is_spoken_to_as_the_rule_and_the_mesh_say(string port, string http, bool meshUpgrades, string client, string seen)
    {
        foreach (bool eventLoops in EventLoopGroup.IsSupported ? (bool[])[false, true] : [false])
        {
            await using EchoUpstream echo = await EchoUpstream.StartAsync();
            string[] documents =
            [
                TestConfig.HttpGateway(), TestConfig.Backend("up.test", echo, port), TestConfig.Route("a.test", "up.test"),
                LimitedBackend.Rule($"connectionPool: {{http: {{{http}}}}}"),
            ];
            await using TestGateway gateway = await TestGateway.StartOnAsync(eventLoops, meshUpgrades ? [.. documents, MeshUpgrade] : documents);
            var version = Version.Parse(client);
            using HttpClient sender = TestHttpClient.Create(gateway.Port(80), version);
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, version, "http", "a.test", "/");

            using HttpResponseMessage response = await sender.SendAsync(request);

            string body = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, body);
            Assert.Equal(seen, EchoRequest.Parse(body).Protocol);
        }
    }
}
