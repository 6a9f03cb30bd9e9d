using System.CommandLine;
using System.Net;
using Gateway.Cli;
using Gateway.Hosting;
using Gateway.Observability;
using Gateway.Tests.Architecture;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using YamlDotNet.RepresentationModel;

namespace Gateway.Tests.Deploy;

/// <summary><c>deploy/loadbalancer</c>, held against what the program makes of its arguments.</summary>
public sealed class LoadBalancerProgramTests
{
    private static readonly IReadOnlyList<Manifest> Base = Manifest.Below("deploy/loadbalancer/base");
    private static readonly Manifest Deployment = Base.Single(m => m.Kind == "Deployment");
    private static readonly Manifest Container = Deployment.Items("spec.template.spec.containers").Single();

    private readonly BootstrapOptions _options = Parse();

    [Fact]
    public void The_ports_of_the_gateways_are_bound_where_the_service_sends_them()
    {
        foreach (Manifest port in Base.Single(m => m.Kind == "Service").Items("spec.ports").Where(p => p.Text("name") != "status-port"))
            Assert.Equal(port.Number("targetPort"), _options.PortMap.Ports[port.Number("port")]);
    }

    [Fact]
    public void Health_and_metrics_are_bound_to_the_named_ports()
    {
        Assert.Equal(Port("status"), _options.HealthEndPoint?.Port);
        Assert.Equal(Port("metrics"), _options.MetricsEndPoint?.Port);
        Assert.Contains($"prometheus.io/port={Port("metrics")}", Deployment.Labels("spec.template.metadata.annotations"), StringComparison.Ordinal);
        Assert.Contains("prometheus.io/path=/stats/prometheus", Deployment.Labels("spec.template.metadata.annotations"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_admin_port_is_not_reachable_from_outside() =>
        Assert.True(IPAddress.IsLoopback(_options.AdminEndPoint!.Address));

    [Theory]
    [InlineData("startupProbe", "/healthz/ready")]
    [InlineData("readinessProbe", "/healthz/ready")]
    [InlineData("livenessProbe", "/healthz/live")]
    public void The_probes_ask_the_health_port(string probe, string path)
    {
        Assert.Equal(path, Container.Text(probe + ".httpGet.path"));
        Assert.Equal(_options.HealthEndPoint?.Port, Port(Container.Text(probe + ".httpGet.port")));
    }

    [Fact]
    public void Configuration_is_read_where_it_is_mounted()
    {
        string[] mounts = [.. Container.Items("volumeMounts").Select(m => m.Text("mountPath"))];

        Assert.NotEmpty(_options.ConfigPaths);
        Assert.All(_options.ConfigPaths, path => Assert.Contains(path, mounts));
    }

    [Fact]
    public void The_gateway_has_the_labels_and_the_namespace_of_its_pod()
    {
        Assert.Equal(
            Deployment.Labels("spec.template.metadata.labels"),
            string.Join(',', _options.Identity.Labels!.Value.Select(l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal)));
        Assert.Equal("the-namespace", _options.Identity.Namespace);
    }

    [Fact]
    public void Kubernetes_waits_until_the_gateway_has_drained()
    {
        TimeSpan needed = TimeSpan.FromSeconds(Container.Number("lifecycle.preStop.sleep.seconds")) + _options.DrainTime + _options.ShutdownTimeout;

        Assert.True(TimeSpan.FromSeconds(Deployment.Number("spec.template.spec.terminationGracePeriodSeconds")) > needed, $"the gateway may need {needed}");
    }

    [Fact]
    public async Task What_the_probes_the_scraper_and_the_service_ask_for_answers()
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        BootstrapOptions options = _options with
        {
            ConfigPaths = [Path.Combine(SourceTree.Root, "deploy", "loadbalancer", "base", "config")],
            PortMap = PortMap.AnyFree,
            DefaultBind = IPAddress.Loopback,
            AdminEndPoint = null,
            HealthEndPoint = loopback,
            MetricsEndPoint = loopback,
            DrainTime = TimeSpan.Zero,
        };
        await using GatewayHost host = await GatewayHost.StartAsync(options, NullLoggerFactory.Instance, new LogLevels(LogLevel.None), TimeProvider.System, CancellationToken.None);
        using var client = new HttpClient();

        foreach (string probe in new[] { "startupProbe", "readinessProbe", "livenessProbe" })
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Url(host.EndPointOf("health"), Container.Text(probe + ".httpGet.path")))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Url(host.EndPointOf("metrics"), "/stats/prometheus"))).StatusCode);
        Assert.Contains("The gateway is up", await client.GetStringAsync(Url(host.DataPlane.Listeners.EndPointOf(80), "/")), StringComparison.Ordinal);

        static Uri Url(IPEndPoint? endPoint, string path) => new($"http://{endPoint}{path}");
    }

    private static int Port(string name) => Container.Items("ports").Single(p => p.Text("name") == name).Number("containerPort");

    private static BootstrapOptions Parse()
    {
        IReadOnlyList<string> args = Container.Texts("args");
        Assert.Equal("run", args[0]);
        var config = new ConfigOptions();
        var server = new ServerOptions();
        var command = new Command("run");
        config.AddTo(command);
        server.AddTo(command);

        ParseResult parsed = command.Parse([.. args.Skip(1).Select(Expand)]);

        Assert.Empty(parsed.Errors);
        return server.Apply(parsed, config.Read(parsed));
    }

    /// <summary>Kubernetes puts environment variables into arguments.</summary>
    private static string Expand(string argument)
    {
        foreach (Manifest variable in Container.Items("env"))
        {
            string value = variable.Find("valueFrom.fieldRef.fieldPath") is YamlScalarNode { Value: "metadata.namespace" } ? "the-namespace" : "";
            argument = argument.Replace($"$({variable.Text("name")})", value, StringComparison.Ordinal);
        }

        return argument;
    }
}
