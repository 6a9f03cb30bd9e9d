using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>What a ServiceEntry can say, each seen by a server that a request reaches.</summary>
public sealed class ServiceEntryTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task An_endpoint_can_be_a_unix_socket(bool onEventLoops)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("gateway-unix").FullName, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        await using TestGateway gateway = await TestGateway.StartOnAsync(onEventLoops, TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"), Entry($"""
            resolution: STATIC
              ports: [{Port("HTTP")}]
              endpoints: [{Map($"address: \"unix://{path}\"")}]
            """));

        Task<RawHttpResponse?> asked = AskAsync(gateway, "up.test");
        using Socket accepted = await listener.AcceptAsync();
        await using var stream = new NetworkStream(accepted);
        byte[] buffer = new byte[4096];
        string request = Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer));
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix"u8.ToArray());

        Assert.Equal("unix", (await asked)?.Text);
        Assert.StartsWith("GET / HTTP/1.1\r\n", request, StringComparison.Ordinal);
        Assert.Equal(path, (await gateway.CompletionAsync(_ => true)).UpstreamHost);
    }

    [Fact]
    public async Task Endpoints_have_ports_weights_and_labels()
    {
        await using EchoUpstream heavy = await EchoUpstream.StartAsync("heavy");
        await using EchoUpstream light = await EchoUpstream.StartAsync("light");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(),
            Entry($"""
                resolution: STATIC
                  ports: [{Port("HTTP")}]
                  endpoints:
                  - {Map($"address: 127.0.0.1, ports: {Map($"up: {heavy.Port}")}, weight: 3, labels: {Map("version: a")}")}
                  - {Map($"address: 127.0.0.1, ports: {Map($"up: {light.Port}")}, weight: 1, labels: {Map("version: b")}")}
                """),
            """
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: up, namespace: default}
            spec: {host: up.test, subsets: [{name: b, labels: {version: b} }] }
            """,
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: up, namespace: default}
            spec:
              hosts: [up.test]
              gateways: [gateway]
              http:
              - {match: [{uri: {exact: /b} }], route: [{destination: {host: up.test, subset: b} }] }
              - {route: [{destination: {host: up.test} }] }
            """);

        string[] all = await NamesAsync(gateway, "up.test", "/", 400);
        string[] labelled = await NamesAsync(gateway, "up.test", "/b", 20);

        Assert.InRange(all.Count(name => name == "heavy"), 250, 350);
        Assert.All(labelled, name => Assert.Equal("light", name));
    }

    [Fact]
    public async Task A_workload_selector_finds_workload_entries_of_the_namespace()
    {
        await using EchoUpstream first = await EchoUpstream.StartAsync("first");
        await using EchoUpstream second = await EchoUpstream.StartAsync(new EchoOptions { Name = "second", At = new IPEndPoint(IPAddress.Parse("127.0.0.2"), first.Port) });
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"),
            Entry($"""
                resolution: STATIC
                  ports: [{Map($"number: 80, name: up, protocol: HTTP, targetPort: {first.Port}")}]
                  workloadSelector: {Map($"labels: {Map("app: up")}")}
                """),
            Workload("one", "default", "127.0.0.1", "up"), Workload("two", "default", "127.0.0.2", "up"),
            Workload("other", "default", "127.0.0.3", "down"), Workload("elsewhere", "other", "127.0.0.4", "up"));

        Assert.Equal(["first", "second"], (await NamesAsync(gateway, "up.test", "/", 40)).Distinct().Order());
        Assert.All(gateway.Completed, request => Assert.Equal(200, request.Status));
    }

    [Theory]
    [InlineData("exportTo: [\"*\"]", "default", 200)]
    [InlineData("exportTo: [\".\"]", "default", 503)]
    [InlineData("exportTo: [istio-system]", "default", 200)]
    [InlineData("exportTo: [elsewhere]", "default", 503)]
    public async Task An_entry_serves_whom_it_is_exported_to(string exportTo, string ns, int status)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("up");
        await using TestGateway gateway = await TestGateway.StartEmptyAsync(Eventually.Deadline);
        await gateway.ApplyAsync(TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"), Entry($"""
            resolution: STATIC
              {exportTo}
              ports: [{Port("HTTP")}]
              endpoints: [{Map($"address: 127.0.0.1, ports: {Map($"up: {echo.Port}")}")}]
            """, ns));

        Assert.Equal(status, (await AskAsync(gateway, "up.test"))?.Status);
    }

    [Fact]
    public async Task Several_entries_for_one_host_join_their_ports()
    {
        await using EchoUpstream first = await EchoUpstream.StartAsync("first");
        await using EchoUpstream second = await EchoUpstream.StartAsync("second");
        static string Doc(string name, int number, int port) => Entry($"""
            resolution: STATIC
              ports: [{Map($"number: {number}, name: p{number}, protocol: HTTP")}]
              endpoints: [{Map($"address: 127.0.0.1, ports: {Map($"p{number}: {port}")}")}]
            """, name: name);
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), Doc("one", 80, first.Port), Doc("two", 81, second.Port), """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: up, namespace: default}
            spec:
              hosts: [up.test]
              gateways: [gateway]
              http:
              - {match: [{uri: {exact: /two} }], route: [{destination: {host: up.test, port: {number: 81} } }] }
              - {route: [{destination: {host: up.test, port: {number: 80} } }] }
            """);

        Assert.Equal(["first"], (await NamesAsync(gateway, "up.test", "/", 4)).Distinct());
        Assert.Equal(["second"], (await NamesAsync(gateway, "up.test", "/two", 4)).Distinct());
    }

    [Fact]
    public async Task An_entry_that_cannot_be_joined_is_told_and_the_older_one_counts()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("first");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"),
            Entry($"""
                resolution: STATIC
                  ports: [{Port("HTTP")}]
                  endpoints: [{Map($"address: 127.0.0.1, ports: {Map($"up: {echo.Port}")}")}]
                """, name: "one"),
            Entry($"""
                resolution: DNS
                  ports: [{Port("HTTP")}]
                """, name: "two"));

        Assert.Equal(["first"], (await NamesAsync(gateway, "up.test", "/", 2)).Distinct());
        Assert.Contains("ServiceEntry default/one defines up.test with another resolution", Assert.Single(gateway.Warnings, warning => warning.Contains("GW0307", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP", "HTTP/1.1")]
    [InlineData("HTTP2", "HTTP/2")]
    [InlineData("GRPC", "HTTP/2")]
    [InlineData("GRPC-WEB", "HTTP/2")]
    [InlineData("TCP", "HTTP/1.1")]
    [InlineData("MONGO", "HTTP/1.1")]
    public async Task A_ports_protocol_is_what_is_spoken_to_it(string protocol, string seen)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync("up");
        await using TestGateway gateway = await TestGateway.StartAsync(TestConfig.HttpGateway(), TestConfig.Route("up.test", "up.test"), Entry($"""
            resolution: STATIC
              ports: [{Map($"number: 80, name: up, protocol: {protocol}, targetPort: {echo.Port}")}]
              endpoints: [{Map("address: 127.0.0.1")}]
            """));

        Assert.Equal(200, (await AskAsync(gateway, "up.test"))?.Status);
        Assert.Equal(seen, Assert.Single(echo.Requests).Protocol);
    }

    private static string Map(string content) => $"{{{content}}}";

    private static string Port(string protocol) => Map($"number: 80, name: up, protocol: {protocol}");

    private static string Entry(string spec, string ns = "default", string name = "up") => $$"""
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec:
          hosts: [up.test]
          {{spec}}
        """;

    private static string Workload(string name, string ns, string address, string app) => $$"""
        apiVersion: networking.istio.io/v1
        kind: WorkloadEntry
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec: {address: {{address}}, labels: {app: {{app}}} }
        """;

    private static Task<RawHttpResponse?> AskAsync(TestGateway gateway, string host, string path = "/") =>
        RawHttpConnection.ExchangeAsync(gateway.Port(80), $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

    private static async Task<string[]> NamesAsync(TestGateway gateway, string host, string path, int count)
    {
        List<string> names = [];
        for (int i = 0; i < count; i++)
        {
            RawHttpResponse? answer = await AskAsync(gateway, host, path);
            Assert.Equal(200, answer?.Status);
            names.Add(EchoRequest.Parse(answer!.Text).Upstream);
        }
        return [.. names];
    }
}
