using Gateway.Config.Diagnostics;
using Gateway.Config.Resolution;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Makes the route table that the servers of one route configuration share.</summary>
internal sealed class RouteTableCompiler(CompilationContext context, VirtualServiceIndex services)
{
    private readonly Dictionary<string, HostEntry> _hosts = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Gateway, BoundVirtualService Service), RouteList> _routes = new(GatewayServiceComparer.Instance);

    /// <summary>Compiles the table of all <paramref name="servers"/>, in their order.</summary>
    public RouteTable Compile(string name, IReadOnlyList<MergedServer> servers)
    {
        foreach (MergedServer server in servers)
        {
            AddVirtualServices(server);
            if (server.Spec.Tls?.HttpsRedirect == true)
                AddRedirects(server);
        }
        int port = servers[0].Port;
        ForwardProxyTable? proxy = ForwardProxyCompiler.Compile(context, servers);
        if (_hosts.Count == 0)
        {
            // The port is served all the same: every request gets 404.
            return new RouteTable(name, [new VirtualHost { Name = $"blackhole:{port}", Domain = "*", Routes = RouteList.Empty }]) { Proxy = proxy };
        }
        VirtualHost[] virtualHosts = [.. _hosts.Select(entry => entry.Value.Build(entry.Key)).OrderBy(host => host.Name, StringComparer.Ordinal)];
        return new RouteTable(name, virtualHosts) { Proxy = proxy };
    }

    private void AddVirtualServices(MergedServer server)
    {
        var compiler = new VirtualServiceCompiler(context, server);
        var hostsByNamespace = new Dictionary<string, ServerHosts>(StringComparer.Ordinal);
        bool isForAllNamespaces = server.Hosts.All(host => !host.Contains('/', StringComparison.Ordinal));
        foreach (BoundVirtualService service in services.For(server.GatewayName))
        {
            string ns = isForAllNamespaces ? "" : service.Namespace;
            if (!hostsByNamespace.TryGetValue(ns, out ServerHosts? serverHosts))
                hostsByNamespace.Add(ns, serverHosts = new ServerHosts(server, ns));
            HashSet<string> hosts = serverHosts.Intersect(service.Hosts);
            if (hosts.Count == 0)
                continue;
            services.MarkServed(server.GatewayName, service);
            RouteList routes = Routes(compiler, server, service);
            if (routes.Count == 0)
                continue;
            foreach (string host in hosts)
            {
                HostEntry entry = Entry(host, server);
                entry.Add(routes);
                entry.RequireTls |= server.Spec.Tls?.HttpsRedirect == true;
            }
        }
    }

    /// <summary>Servers of one Gateway in one table share routes: those made for the first of them, as in Istio.</summary>
    private RouteList Routes(VirtualServiceCompiler compiler, MergedServer server, BoundVirtualService service)
    {
        if (_routes.TryGetValue((server.GatewayName, service), out RouteList? routes))
            return routes;
        routes = Guard.Run(context, service.Resource, () => compiler.Compile(service)) ?? RouteList.Empty;
        _routes.Add((server.GatewayName, service), routes);
        return routes;
    }

    /// <summary>
    /// Redirects hosts that no VirtualService has, too. As in Istio not those for one namespace: what has no VirtualService
    /// there gets 404.
    /// </summary>
    private void AddRedirects(MergedServer server)
    {
        foreach (string host in server.Hosts)
        {
            int slash = host.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                Entry(host.ToLowerInvariant(), server).RequireTls = true;
            else if (!services.For(server.GatewayName).Any(service => service.Namespace == host[..slash] && service.Hosts.Any(name => HostName.Matches(host[(slash + 1)..], name))))
                context.Report(DiagnosticCatalogue.UnknownReference, server.Gateway, $"{server.FieldPath}.hosts", $"No VirtualService of the namespace {host[..slash]} has the host {host[(slash + 1)..]}: requests for it are not redirected but get 404.");
        }
    }

    private HostEntry Entry(string host, MergedServer server)
    {
        if (!_hosts.TryGetValue(host, out HostEntry? entry))
            _hosts.Add(host, entry = new HostEntry(server.Port));
        return entry;
    }

    /// <summary>One host while its routes are gathered.</summary>
    private sealed class HostEntry(int port)
    {
        private readonly List<RouteList> _lists = [];

        public bool RequireTls { get; set; }

        public void Add(RouteList routes)
        {
            if (!_lists.Contains(routes))
                _lists.Add(routes);
        }

        /// <summary>Routes that take everything go last, so that those of an older VirtualService hide nothing of a younger one.</summary>
        public VirtualHost Build(string host)
        {
            RouteList routes = _lists.Count switch
            {
                0 => RouteList.Empty,
                1 => _lists[0],
                _ => [.. _lists.SelectMany(list => list).OrderBy(route => route.Match.IsCatchAll ? 1 : 0)],
            };
            return new VirtualHost { Name = $"{host}:{port}", Domain = host, Routes = routes, RequireTls = RequireTls };
        }
    }

    /// <summary>Compares VirtualServices by reference: their content is large and each is bound once.</summary>
    private sealed class GatewayServiceComparer : IEqualityComparer<(string Gateway, BoundVirtualService Service)>
    {
        public static GatewayServiceComparer Instance { get; } = new();

        public bool Equals((string Gateway, BoundVirtualService Service) x, (string Gateway, BoundVirtualService Service) y) =>
            ReferenceEquals(x.Service, y.Service) && x.Gateway == y.Gateway;

        public int GetHashCode((string Gateway, BoundVirtualService Service) obj) =>
            HashCode.Combine(obj.Gateway, System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Service));
    }
}
