using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Gateway.Acme;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Hosting;
using Gateway.Observability;
using Gateway.Sources;
using Gateway.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Integration.Tests.Acme;

/// <summary>A whole gateway that orders certificates, with real listeners on free ports.</summary>
internal sealed class OrderingGateway : IAsyncDisposable
{
    /// <summary>An HTTP server whose requests are all redirected to TLS, and a route that answers by itself.</summary>
    public const string Plain = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: plain, namespace: default}
        spec:
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["*"]
            tls: {httpsRedirect: true}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: hello, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [secure, plain]
          http:
          - directResponse: {status: 200, body: {string: hello}}
        """;

    private readonly MemoryConfigSource _source;

    private OrderingGateway(GatewayHost host, MemoryConfigSource source)
    {
        Host = host;
        _source = source;
    }

    public GatewayHost Host { get; }

    /// <summary>Where a configured port is bound.</summary>
    public int Port(int configured) => Host.DataPlane.Listeners.EndPointOf(configured)!.Port;

    /// <summary>Times for tests.</summary>
    public static AcmeTiming Fast { get; } = new()
    {
        Poll = TimeSpan.FromMilliseconds(50),
        Watch = TimeSpan.FromMilliseconds(100),
        FirstPause = TimeSpan.FromMilliseconds(200),
        AfterSuccess = TimeSpan.FromMilliseconds(200),
        Heartbeat = TimeSpan.FromMilliseconds(200),
        LockStale = TimeSpan.FromSeconds(2),
        OrdersPerHour = 1000,
        OrdersPerWeek = 1000,
    };

    /// <summary>Starts a gateway.</summary>
    /// <param name="state">The state directory; null = none.</param>
    /// <param name="resolver">How names are resolved.</param>
    /// <param name="timing">When certificates are ordered.</param>
    /// <param name="documents">The configuration.</param>
    public static Task<OrderingGateway> StartAsync(string? state, ResolverConfig? resolver, AcmeTiming? timing, params string[] documents) =>
        StartAtAsync(PortMap.AnyFree, state, resolver, timing, documents);

    /// <summary>Starts a gateway on ports of the test's choice.</summary>
    public static Task<OrderingGateway> StartAtAsync(PortMap ports, string? state, ResolverConfig? resolver, AcmeTiming? timing, params string[] documents) =>
        StartAtAsync(ports, state, resolver, timing, TimeProvider.System, documents);

    /// <summary>Starts a gateway with a clock of the test's choice.</summary>
    public static async Task<OrderingGateway> StartAtAsync(
        PortMap ports, string? state, ResolverConfig? resolver, AcmeTiming? timing, TimeProvider time, params string[] documents)
    {
        var source = new MemoryConfigSource([.. documents.Select(Document)]);
        DataPlaneOptions mode = TestMode.Apply(new DataPlaneOptions());
        var options = new BootstrapOptions
        {
            PortMap = ports,
            DefaultBind = IPAddress.Loopback,
            AdminEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            HealthEndPoint = null,
            MetricsEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            DrainTime = TimeSpan.Zero,
            Transport = mode.Transport,
            Tls = mode.Tls,
            Source = source,
            Resolver = resolver,
            Acme = new AcmeOptions { StateDirectory = state, Timing = timing ?? Fast },
        };
        GatewayHost host = await GatewayHost.StartAsync(options, NullLoggerFactory.Instance, new LogLevels(LogLevel.Information), time, CancellationToken.None);
        return new OrderingGateway(host, source);
    }

    /// <summary>Replaces the configuration.</summary>
    public void Replace(params string[] documents) => _source.Replace([.. documents.Select(Document)]);

    /// <summary>A Gateway with one TLS server, and the issuer it asks.</summary>
    public static string Secure(Pebble pebble, string tls = "{mode: SIMPLE, credentialName: site-cert}", string annotations = "", string host = "site.example") =>
        Secure(pebble.Url, pebble.CaBundle, tls, annotations, host);

    /// <summary>A Gateway with one TLS server, and the issuer it asks.</summary>
    public static string Secure(string url, string caBundle, string tls = "{mode: SIMPLE, credentialName: site-cert}", string annotations = "", string host = "site.example", string issuer = "") => $$"""
        apiVersion: cert-manager.io/v1
        kind: ClusterIssuer
        metadata: {name: test}
        spec:
          acme:
            server: {{url}}
            email: admin@example.com
            privateKeySecretRef: {name: test-account}
            caBundle: {{caBundle}}
            {{issuer}}
            solvers: [{http01: {ingress: {class: istio} } }]
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: secure, namespace: default, annotations: {cert-manager.io/cluster-issuer: test{{annotations}} } }
        spec:
          servers:
          - port: {number: 443, name: https, protocol: HTTPS}
            hosts: ["{{host}}"]
            tls: {{tls}}
        """;

    /// <summary>The certificate that a client is shown; null = the handshake failed.</summary>
    public async Task<X509Certificate2?> ShownAsync(string host)
    {
        using var client = new TcpClient();
        if (Host.DataPlane.Listeners.EndPointOf(443) is not { } server)
            return null;
        await client.ConnectAsync(server);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host, RemoteCertificateValidationCallback = (_, _, _, _) => true });
            return X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData());
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return null;
        }
    }

    /// <summary>Waits until a certificate of pebble's is served.</summary>
    public async Task<X509Certificate2> ServedAsync(string host = "site.example", Func<X509Certificate2, bool>? condition = null)
    {
        X509Certificate2? shown = null;
        try
        {
            await Eventually.HoldsAsync(
                async () => (shown = await ShownAsync(host)) is not null && shown.Issuer.Contains("Pebble", StringComparison.Ordinal) && (condition?.Invoke(shown) ?? true),
                $"a certificate for {host} is served");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; {Host.OrderOf("istio-system/site-cert")}", e);
        }
        return shown!;
    }

    /// <summary>What a path of the admin port says.</summary>
    public async Task<JsonElement> AdminAsync(string path)
    {
        using var client = new HttpClient();
        using JsonDocument document = JsonDocument.Parse(await client.GetStringAsync(new Uri($"http://{Host.EndPointOf("admin")}{path}")));
        return document.RootElement.Clone();
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static ConfigDocument Document(string text, int index) => new($"memory-{index}.yaml", Encoding.UTF8.GetBytes(text));
}
