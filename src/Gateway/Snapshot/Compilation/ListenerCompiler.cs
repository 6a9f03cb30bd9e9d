using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Listeners;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns merged ports into listeners with their filter chains.</summary>
internal sealed class ListenerCompiler(CompilationContext context, VirtualServiceIndex services)
{
    private readonly DownstreamTlsCompiler _tls = new(context);
    private readonly TcpChainCompiler _tcp = new(context, services);

    /// <summary>All ports on which something is served.</summary>
    public ImmutableArray<ListenerConfig> Compile(IReadOnlyCollection<MergedPort> ports)
    {
        ImmutableArray<ListenerConfig>.Builder listeners = ImmutableArray.CreateBuilder<ListenerConfig>();
        foreach (MergedPort port in ports)
        {
            EquatableArray<FilterChainConfig> chains =
                [.. TlsChains(port.Servers.FindAll(server => server.IsTls)), .. PlainChain(port.Servers.FindAll(server => !server.IsTls))];
            if (chains.IsEmpty)
                continue;
            listeners.Add(new ListenerConfig
            {
                Name = $"{(port.Bind.Length == 0 ? "0.0.0.0" : port.Bind)}_{port.Port}",
                Bind = port.Bind.Length == 0 ? null : port.Bind,
                Port = port.Port,
                ReadsProxyHeader = context.Config.Mesh.ProxyProtocol,
                Origin = Origin(port.Servers[0]),
                FilterChains = chains,
            });
        }
        services.ReportUnserved(context, ports.SelectMany(port => port.Servers).Where(server => server.RouteName is not null).Select(server => server.GatewayName).Distinct());
        return listeners.ToImmutable();
    }

    private static ConfigOrigin Origin(MergedServer server)
    {
        string path = $"{server.FieldPath}.port";
        return new ConfigOrigin(server.Gateway.Id, server.Gateway.Document.Locate(path).Location, path);
    }

    private EquatableArray<FilterChainConfig> PlainChain(List<MergedServer> servers)
    {
        if (servers is not [{ } first, ..])
            return [];
        if (first.RouteName is { } name)
            return [new FilterChainConfig { Name = name, Routes = new RouteTableCompiler(context, services).Compile(name, servers) }];
        return Guard.Run(context, first.Gateway, () => _tcp.Tcp(first)) is { } action ? [new FilterChainConfig { Name = TcpName(first), Tcp = action }] : [];
    }

    private List<FilterChainConfig> TlsChains(List<MergedServer> servers)
    {
        var chains = new List<FilterChainConfig>(servers.Count);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (MergedServer server in servers)
        {
            if (server.Spec.Tls!.Mode == ServerTlsMode.AutoPassthrough)
                chains.AddRange(Guard.Run(context, server.Gateway, () => _tcp.AutoPassthrough(server)) ?? []);
            else if (MergedServer.IsPassthrough(server.Spec.Tls))
                chains.AddRange(Guard.Run(context, server.Gateway, () => _tcp.Passthrough(server, taken)) ?? []);
            else if (Guard.Run(context, server.Gateway, () => Terminated(server, taken)) is { } chain)
                chains.Add(chain);
        }
        return chains;
    }

    /// <summary>The chain of a server that ends TLS. Names that an older server's <c>tls</c> routes pass through stay theirs.</summary>
    private FilterChainConfig? Terminated(MergedServer server, HashSet<string> taken)
    {
        if (_tls.Compile(server) is not { } tls)
            return null;
        EquatableArray<string> names = ServerNames(server);
        foreach (string wanted in names.IsEmpty ? ["*"] : names)
        {
            if (!taken.Add(wanted))
                context.Report(DiagnosticCatalogue.HostConflict, server.Gateway, $"{server.FieldPath}.hosts", $"A tls route of an older server has the server name {wanted} on port {server.Port}: its TLS is passed through and not ended by this server.");
        }
        if (server.RouteName is { } name)
        {
            return new FilterChainConfig
            {
                Name = name,
                ServerNames = names,
                Tls = tls,
                Routes = new RouteTableCompiler(context, services).Compile(name, [server]),
            };
        }
        return _tcp.Tcp(server) is { } action
            ? new FilterChainConfig { Name = TcpName(server), ServerNames = names, Tls = tls with { OffersHttp = false }, Tcp = action }
            : null;
    }

    private static string TcpName(MergedServer server) => $"tcp.{server.Port}.{server.Spec.Port!.Name}.{server.GatewayName}";

    /// <summary>The hosts without their namespaces; a <c>*</c> among them means any name, or none.</summary>
    private static EquatableArray<string> ServerNames(MergedServer server)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string host in server.Hosts)
        {
            string name = host[(host.IndexOf('/', StringComparison.Ordinal) + 1)..].ToLowerInvariant();
            if (name == "*")
                return default;
            names.Add(name);
        }
        return names.ToEquatableArray();
    }
}
