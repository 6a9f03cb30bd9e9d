using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>The servers that share one port and bind address.</summary>
/// <param name="Port">Bound port.</param>
/// <param name="Bind">Bind address; empty = all.</param>
/// <param name="Servers">The servers, oldest Gateway first: TLS, HTTP in plain text, or first the one and then the other; or one of TCP in plain text, after TLS or alone.</param>
internal sealed record MergedPort(int Port, string Bind, List<MergedServer> Servers);

/// <summary>
/// Joins the servers of all Gateways that apply to the workload, port by port. Gateways come oldest first and the older
/// one has its way in every conflict.
/// </summary>
internal sealed class ServerMerger(CompilationContext context)
{
    private readonly PortTranslation _ports = new(context);
    private readonly Dictionary<(int Port, string Bind), MergedPort> _merged = [];
    private readonly Dictionary<(int Port, string Bind, string Host), MergedServer> _tlsHosts = [];
    private readonly HashSet<string> _httpsRoutes = new(StringComparer.Ordinal);

    /// <summary>All ports with their servers, in the order of their first server.</summary>
    public IReadOnlyCollection<MergedPort> Merge()
    {
        foreach (Resource<GatewaySpec> gateway in context.Config.Gateways)
        {
            if (context.Identity.Labels is { } labels && !LabelSelector.Selects(gateway.Spec.Selector, labels))
                continue;
            Guard.Run(context, gateway, () =>
            {
                for (int i = 0; i < gateway.Spec.Servers.Count; i++)
                    AddServer(gateway, gateway.Spec.Servers[i], $"spec.servers[{i}]");
            });
        }
        return _merged.Values;
    }

    private void AddServer(Resource<GatewaySpec> gateway, Server spec, string fieldPath)
    {
        if (spec.Port?.Number is not { } number)
            return;
        if (spec.Bind?.StartsWith("unix:", StringComparison.Ordinal) == true)
        {
            context.Report(DiagnosticCatalogue.NotHonoured, gateway, $"{fieldPath}.bind", "Unix sockets are not served; the server is left out.");
            return;
        }
        IReadOnlyList<int> boundPorts = _ports.Resolve(gateway, number);
        if (boundPorts.Count == 0)
            context.Report(DiagnosticCatalogue.UnknownReference, gateway, $"{fieldPath}.port", $"No Service that the Gateway names has port {number}; the server is left out.");
        ServiceProtocol protocol = ServiceProtocols.Parse(spec.Port.Protocol);
        foreach (int boundPort in boundPorts)
        {
            AddBound(new MergedServer
            {
                Spec = spec,
                Gateway = gateway,
                FieldPath = fieldPath,
                Hosts = Hosts(spec.Hosts, gateway.Metadata.Namespace),
                Port = number,
                BoundPort = boundPort,
                Protocol = protocol,
                RouteName = RouteName(gateway, spec, protocol, boundPort),
            });
        }
    }

    private void AddBound(MergedServer server)
    {
        if (!TakeTlsHosts(server))
            return;
        (int, string) key = (server.BoundPort, server.Bind);
        if (!_merged.TryGetValue(key, out MergedPort? port))
        {
            _merged.Add(key, port = new MergedPort(server.BoundPort, server.Bind, []));
        }
        else if (port.Servers.Find(known => !known.IsTls) is { } plain && !CanShare(plain, server))
        {
            context.Report(DiagnosticCatalogue.PortConflict, server.Gateway, $"{server.FieldPath}.port",
                $"Port {server.BoundPort} is used as {plain.Spec.Port?.Protocol} by Gateway {plain.GatewayName} {plain.FieldPath}; this {server.Spec.Port?.Protocol} server is left out.");
            return;
        }
        if (server is { IsTls: true, RouteName: { } routeName } && !_httpsRoutes.Add(routeName))
        {
            context.Report(DiagnosticCatalogue.PortConflict, server.Gateway, $"{server.FieldPath}.port.name",
                $"The port name {server.Spec.Port?.Name} is used by another HTTPS server of the Gateway on port {server.Port}; this server is left out.");
            return;
        }
        if (!server.IsTls && port.Servers is [.., { IsTls: true } tls])
        {
            context.Report(DiagnosticCatalogue.PortShared, server.Gateway, $"{server.FieldPath}.port",
                $"Port {server.BoundPort} is used with TLS by Gateway {tls.GatewayName} {tls.FieldPath}; this {server.Spec.Port?.Protocol} server gets the connections that do not begin with a TLS hello. TLS servers that come after it on the port are left out.");
        }
        port.Servers.Add(server);
    }

    /// <summary>A host can be claimed once per port by servers with a <c>tls</c> block; a server that comes too late for one loses all.</summary>
    private bool TakeTlsHosts(MergedServer server)
    {
        if (server.Spec.Tls is null)
            return true;
        foreach (string host in server.Hosts)
        {
            if (_tlsHosts.TryGetValue((server.BoundPort, server.Bind, ClaimedName(server, host)), out MergedServer? owner))
            {
                context.Report(DiagnosticCatalogue.HostConflict, server.Gateway, $"{server.FieldPath}.hosts",
                    $"Port {server.BoundPort} has the host {host} already, from Gateway {owner.GatewayName} {owner.FieldPath}; this server is left out.");
                return false;
            }
        }
        foreach (string host in server.Hosts)
            _tlsHosts[(server.BoundPort, server.Bind, ClaimedName(server, host))] = server;
        return true;
    }

    /// <summary>A TLS hello names a host, not the namespace whose VirtualServices may use it.</summary>
    private static string ClaimedName(MergedServer server, string host) =>
        (server.IsTls ? host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..] : host).ToLowerInvariant();

    /// <summary>After a server in plain text come only further ones of HTTP in plain text, as in Istio. After TLS comes anything.</summary>
    private static bool CanShare(MergedServer plain, MergedServer next) => !next.IsTls && plain.Protocol.IsHttp() && next.Protocol.IsHttp();

    private static string? RouteName(Resource<GatewaySpec> gateway, Server spec, ServiceProtocol protocol, int boundPort)
    {
        string bind = spec.Bind is null or "" or "0.0.0.0" ? "" : $".{spec.Bind}";
        if (protocol.IsHttp())
            return $"http.{boundPort}{bind}";
        return protocol == ServiceProtocol.Https && spec.Tls is not null && !MergedServer.IsPassthrough(spec.Tls)
            ? $"https.{spec.Port!.Number}.{spec.Port.Name}.{gateway.Metadata.Name}.{gateway.Metadata.Namespace}{bind}"
            : null;
    }

    private static EquatableArray<string> Hosts(EquatableArray<string> written, string ns)
    {
        var hosts = new List<string>(written.Count);
        foreach (string host in written)
        {
            if (host == "*/*")
                return ["*"];
            hosts.Add(host switch
            {
                _ when host.StartsWith("./", StringComparison.Ordinal) => $"{ns}/{host[2..]}",
                _ when host.StartsWith("*/", StringComparison.Ordinal) => host[2..],
                _ => host,
            });
        }
        return hosts.ToEquatableArray();
    }
}
