using System.Globalization;
using System.Text;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Conformance.Tests.Cases;
using Gateway.Snapshot;
using Gateway.Testing.Echo;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>
/// The destinations of a case as echo ports. Those of <c>backends</c> that the case's own documents do not declare are
/// declared here (Service and EndpointSlice, or ServiceEntry); what the documents declare with foreign addresses is sent
/// to loopback after compilation, as a network would by translating addresses. Endpoints that the documents leave out
/// are added there, for destinations that the case says exist.
/// </summary>
internal sealed class CaseBackends : IDisposable
{
    private const string ClusterSuffix = ".svc.cluster.local";
    private const string Loopback = "127.0.0.1";
    private readonly EchoFleet _fleet;
    private readonly List<Destination> _named = [];
    private readonly ConformanceCase _test;
    private readonly Dictionary<Destination, int> _ports = [];
    private readonly Dictionary<string, int> _translated = [];

    private readonly Func<string, EchoTls?> _tls;

    public CaseBackends(EchoFleet fleet, CaseCertificates certificates, ConformanceCase test, int defaultPort)
    {
        _fleet = fleet;
        _tls = certificates.OfBackends(test);
        _test = test;
        foreach (YamlNode backend in test.Node.Get("backends").Items())
        {
            var named = Destination.Read(backend);
            Destination destination = named with { Port = named.Port ?? defaultPort, Subset = named.Subset ?? "" };
            _named.Add(destination);
            if (!IsDeclared(destination.Host) && !_ports.ContainsKey(destination))
                _ports.Add(destination, fleet.Lease(_tls));
        }
    }

    /// <summary>The documents that declare the backends.</summary>
    public IEnumerable<ConfigDocument> Documents() =>
        _ports.GroupBy(backend => backend.Key.Host).Select(host => new ConfigDocument(
            $"backend {host.Key}",
            Encoding.UTF8.GetBytes(host.Key.EndsWith(ClusterSuffix, StringComparison.Ordinal) ? Service(host.Key, [.. host]) : ServiceEntry(host.Key, [.. host]))));

    /// <summary>The snapshot with every foreign endpoint replaced by an echo port.</summary>
    public GatewaySnapshot Translate(GatewaySnapshot snapshot) => new()
    {
        Listeners = snapshot.Listeners,
        Clusters = [.. snapshot.Clusters.Select(Translate)],
        Secrets = snapshot.Secrets,
        Mesh = snapshot.Mesh,
        Security = snapshot.Security,
    };

    /// <summary>The destination behind an echo port.</summary>
    public Destination At(int port) =>
        _ports.Where(backend => backend.Value == port).Select(backend => backend.Key).FirstOrDefault()
        ?? Destination.OfCluster(_translated.First(cluster => cluster.Value == port).Key);

    public void Dispose()
    {
        foreach (int port in _ports.Values.Concat(_translated.Values))
            _fleet.Return(port);
    }

    private ClusterAssignment Translate(ClusterAssignment cluster)
    {
        bool isComplete = cluster.Endpoints.IsEmpty
            ? !_named.Any(backend => backend.Covers(Destination.OfCluster(cluster.Config.Name)))
            : cluster.Endpoints.All(endpoint => endpoint.Address == Loopback && _ports.ContainsValue(endpoint.Port));
        if (isComplete)
            return cluster;
        if (!_translated.TryGetValue(cluster.Config.Name, out int port))
            _translated.Add(cluster.Config.Name, port = _fleet.Lease(_tls));
        return new ClusterAssignment(
            cluster.Config with { Discovery = DiscoveryType.Static },
            [new EndpointConfig { Address = Loopback, Port = port }])
        {
            Policy = cluster.Policy,
        };
    }

    private bool IsDeclared(string host) =>
        _test.OfKind("ServiceEntry").Any(entry => entry.Get("spec", "hosts").Items().Any(name => name.Text() == host))
        || _test.OfKind("Service").Any(service => FullName(service) == host);

    private static string FullName(YamlNode service) =>
        $"{service.Get("metadata", "name").Text()}.{service.Get("metadata", "namespace").Text() ?? "default"}{ClusterSuffix}";

    private string Service(string host, KeyValuePair<Destination, int>[] backends)
    {
        string[] parts = host[..^ClusterSuffix.Length].Split('.', 2);
        string metadata = $"name: {parts[0]}\n  namespace: {parts[1]}";
        var text = new StringBuilder($"apiVersion: v1\nkind: Service\nmetadata:\n  {metadata}\nspec:\n  ports:\n");
        foreach (int port in backends.Select(backend => backend.Key.Port!.Value).Distinct())
            text.Append(CultureInfo.InvariantCulture, $"  - {{name: {PortName(port)}, port: {port}, protocol: TCP}}\n");
        foreach (((string _, int? port, string? subset), int echo) in backends)
        {
            text.Append(CultureInfo.InvariantCulture, $"---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: {parts[0]}-{echo}\n  namespace: {parts[1]}\n  labels:\n    kubernetes.io/service-name: {parts[0]}\n");
            foreach ((string label, string value) in Labels(host, subset))
                text.Append(CultureInfo.InvariantCulture, $"    {label}: {Quote(value)}\n");
            text.Append(CultureInfo.InvariantCulture, $"addressType: IPv4\nports:\n- {{name: {PortName(port!.Value)}, port: {echo}}}\nendpoints:\n- addresses: [127.0.0.1]\n");
        }
        return text.ToString();
    }

    private string ServiceEntry(string host, KeyValuePair<Destination, int>[] backends)
    {
        string ns = _test.OfKind("VirtualService").Select(service => service.Get("metadata", "namespace").Text()).FirstOrDefault() ?? "default";
        var text = new StringBuilder(
            $"apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata:\n  name: backend-{host.Replace("*", "any", StringComparison.Ordinal)}\n  namespace: {ns}\nspec:\n  hosts: [{Quote(host)}]\n  location: MESH_EXTERNAL\n  resolution: STATIC\n  ports:\n");
        foreach (int port in backends.Select(backend => backend.Key.Port!.Value).Distinct())
            text.Append(CultureInfo.InvariantCulture, $"  - {{name: {PortName(port)}, number: {port}, protocol: {(_test.Request.Get("protocol").Text() == "grpc" ? "GRPC" : "HTTP")}}}\n");
        text.Append("  endpoints:\n");
        foreach (IGrouping<string?, KeyValuePair<Destination, int>> subset in backends.GroupBy(backend => backend.Key.Subset))
        {
            IEnumerable<string> ports = subset.Select(backend => $"{PortName(backend.Key.Port!.Value)}: {backend.Value}");
            IEnumerable<string> labels = Labels(host, subset.Key).Select(label => $"{label.Key}: {Quote(label.Value)}");
            text.Append(CultureInfo.InvariantCulture, $"  - address: 127.0.0.1\n    ports: {{{string.Join(", ", ports)}}}\n    labels: {{{string.Join(", ", labels)}}}\n");
        }
        return text.ToString();
    }

    private string PortName(int port) => (_test.Request.Get("protocol").Text() == "grpc" ? "grpc-" : "http-") + port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The labels that a DestinationRule of the case gives to a subset of a host.</summary>
    private IEnumerable<KeyValuePair<string, string>> Labels(string host, string? subset) =>
        _test.OfKind("DestinationRule")
            .Where(rule => IsFor(rule, host))
            .SelectMany(rule => rule.Get("spec", "subsets").Items())
            .Where(candidate => candidate.Get("name").Text() == subset)
            .Take(1)
            .SelectMany(candidate => candidate.Get("labels").Entries())
            .Select(label => KeyValuePair.Create(label.Key, label.Value.Text() ?? ""));

    private static bool IsFor(YamlNode rule, string host)
    {
        string named = rule.Get("spec", "host").Text() ?? "";
        string ns = rule.Get("metadata", "namespace").Text() ?? "default";
        return named == host || $"{named}.{ns}{ClusterSuffix}" == host
            || (named.StartsWith('*') && host.EndsWith(named[1..], StringComparison.Ordinal));
    }

    private static string Quote(string text) => $"\"{text}\"";
}
