using System.Net;
using System.Text;
using Gateway.Config;
using Gateway.Hosting;
using Gateway.Observability;
using Gateway.Sources;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

/// <summary>A whole gateway inside the test, all ports free ones on loopback.</summary>
internal sealed class HostFixture : IAsyncDisposable
{
    public const string RootGateway = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default}
        spec:
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["*"]
        """;

    public const string DirectResponse = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: vs, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gw]
          http:
          - name: direct
            match: [{uri: {exact: /direct}}]
            directResponse: {status: 200, body: {string: hello}}
        """;

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(30) };

    private HostFixture(GatewayHost host, MemoryConfigSource source)
    {
        Host = host;
        Source = source;
    }

    public GatewayHost Host { get; }

    public MemoryConfigSource Source { get; }

    public static BootstrapOptions Options { get; } = new()
    {
        PortMap = PortMap.AnyFree,
        DefaultBind = IPAddress.Loopback,
        AdminEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        HealthEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        MetricsEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        DrainTime = TimeSpan.Zero,
        ShutdownTimeout = TimeSpan.FromSeconds(20),
    };

    public static Task<HostFixture> StartAsync(params string[] documents) => StartAsync(Options, TimeProvider.System, documents);

    public static async Task<HostFixture> StartAsync(BootstrapOptions options, TimeProvider time, params string[] documents)
    {
        MemoryConfigSource source = new([.. documents.Select(Document)]);
        GatewayHost host = await GatewayHost.StartAsync(options with { Source = source }, NullLoggerFactory.Instance, new LogLevels(LogLevel.Information), time, CancellationToken.None);
        return new HostFixture(host, source);
    }

    public void Replace(params string[] documents) => Source.Replace([.. documents.Select(Document)]);

    public Uri Address(string purpose, string path) => new($"http://{Host.EndPointOf(purpose)}{path}");

    public Uri Traffic(string path) => new($"http://{Host.DataPlane.Listeners.EndPointOf(80)}{path}");

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(Uri address)
    {
        using HttpResponseMessage response = await _client.GetAsync(address);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, Uri address, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(method, address);
        foreach ((string name, string value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using HttpResponseMessage response = await _client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Host.DisposeAsync();
    }

    private static ConfigDocument Document(string text, int index) => new($"memory-{index}.yaml", Encoding.UTF8.GetBytes(text));
}
