using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Snapshot.Explanation;

namespace Gateway.Tests.Snapshot;

/// <summary>A configuration written as YAML, compiled for the usual ingress gateway.</summary>
internal sealed class Compiled
{
    public static readonly GatewayIdentity Ingress = new()
    {
        Labels = new EquatableMap<string>([KeyValuePair.Create("istio", "ingressgateway"), KeyValuePair.Create("app", "istio-ingressgateway")]),
    };

    private Compiled(CompileResult result) => Result = result;

    public CompileResult Result { get; }

    public GatewaySnapshot Snapshot => Result.Snapshot;

    /// <summary>The findings of the compilation, as <c>CODE field: message</c>.</summary>
    public IEnumerable<string> Findings => Result.Diagnostics.Select(finding => $"{finding.Code} {finding.FieldPath}: {finding.Message}");

    /// <summary>Compiles documents; the configuration must be accepted without an error.</summary>
    public static Compiled From(string yaml, GatewayIdentity? identity = null)
    {
        LoadResult loaded = new ConfigLoader().Load([new ConfigDocument("test.yaml", Encoding.UTF8.GetBytes(yaml))]);
        Assert.DoesNotContain(loaded.Diagnostics, finding => finding.Severity == Severity.Error);
        return new Compiled(SnapshotCompiler.Compile(loaded.Config, identity ?? Ingress));
    }

    /// <summary>Explains a GET.</summary>
    public Explanation Get(string url, params (string Name, string Value)[] headers)
    {
        Assert.True(ExplainRequest.TryCreate("GET", url, [.. headers.Select(header => KeyValuePair.Create(header.Name, header.Value))], out ExplainRequest? request));
        return RequestExplainer.Explain(Snapshot, request!);
    }

    /// <summary>Where a GET ends: <c>host:port/subset</c> of its destination, else the outcome.</summary>
    public string Where(string url, params (string Name, string Value)[] headers)
    {
        Explanation explanation = Get(url, headers);
        return explanation is { Outcome: "forward", Destination: { } to }
            ? to.Host.Replace(".default.svc.cluster.local", "", StringComparison.Ordinal) + (to.Subset.Length > 0 ? $"/{to.Subset}" : "")
            : explanation.Outcome;
    }

    /// <summary>A Gateway with one plain HTTP server.</summary>
    public static string HttpGateway(string hosts = "\"*\"", string name = "gw", string ns = "default", int port = 80, string extra = "") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: {{port}}, name: http-{{port}}, protocol: HTTP}
            hosts: [{{hosts}}]
            {{extra}}

        """;

    /// <summary>A VirtualService with the given list of rules.</summary>
    public static string VirtualService(string name, string hosts, string rules, string gateways = "gw", string ns = "default", string extra = "") => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: {{name}}, namespace: {{ns}}}
        spec:
          hosts: [{{hosts}}]
          gateways: [{{gateways}}]
          {{extra}}
          http: [{{rules}}]

        """;

    /// <summary>Services in namespace default, each with port 80 and one endpoint.</summary>
    public static string Services(params string[] names) => string.Concat(names.Select((name, index) => $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: {{name}}, namespace: default}
        spec: {ports: [{name: http, port: 80}]}
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: {{name}}-1, namespace: default, labels: {kubernetes.io/service-name: {{name}} } }
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints: [{addresses: [10.0.0.{{index + 1}}]}]

        """));

    /// <summary>The host <c>up.test</c> with an endpoint in each of eu/a, eu/b and us/a, and a DestinationRule for it.</summary>
    /// <param name="rule">The rule's fields beside its host.</param>
    public static string ThreePlaces(string rule) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: up, namespace: default}
        spec:
          hosts: [up.test]
          resolution: STATIC
          ports: [{number: 80, name: http, protocol: HTTP}]
          endpoints:
          - {address: 10.0.0.1, locality: eu/a, labels: {tier: one} }
          - {address: 10.0.0.2, locality: eu/b, labels: {tier: two} }
          - {address: 10.0.0.3, locality: us/a, labels: {tier: three} }
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: up, namespace: default}
        spec: {host: up.test, {{rule}} }

        """;

    /// <summary>A rule that forwards to a host.</summary>
    public static string To(string host, string match = "") =>
        $"{{{(match.Length == 0 ? "" : $"match: [{match}], ")}route: [{{destination: {{host: {host}, port: {{number: 80}}}}}}]}}";
}
