using System.Collections.Immutable;
using Gateway.Config;
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
            EquatableArray<FilterChainConfig> chains = port.Servers[0].IsTls ? TlsChains(port.Servers) : PlainChain(port.Servers);
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
        MergedServer first = servers[0];
        if (first.RouteName is { } name)
            return [new FilterChainConfig { Name = name, Routes = new RouteTableCompiler(context, services).Compile(name, servers) }];
        return Guard.Run(context, first.Gateway, () => _tcp.Tcp(first)) is { } action ? [new FilterChainConfig { Name = TcpName(first), Tcp = action }] : default;
    }

    private EquatableArray<FilterChainConfig> TlsChains(List<MergedServer> servers)
    {
        var chains = new List<FilterChainConfig>(servers.Count);
        var passed = new HashSet<string>(StringComparer.Ordinal);
        foreach (MergedServer server in servers)
        {
            if (server.Spec.Tls!.Mode == ServerTlsMode.AutoPassthrough)
                chains.AddRange(Guard.Run(context, server.Gateway, () => _tcp.AutoPassthrough(server)) ?? []);
            else if (MergedServer.IsPassthrough(server.Spec.Tls))
                chains.AddRange(Guard.Run(context, server.Gateway, () => _tcp.Passthrough(server, passed)) ?? []);
            else if (Guard.Run(context, server.Gateway, () => Terminated(server)) is { } chain)
                chains.Add(chain);
        }
        return chains.ToEquatableArray();
    }

    private FilterChainConfig? Terminated(MergedServer server)
    {
        if (_tls.Compile(server) is not { } tls)
            return null;
        if (server.RouteName is { } name)
        {
            return new FilterChainConfig
            {
                Name = name,
                ServerNames = ServerNames(server),
                Tls = tls,
                Routes = new RouteTableCompiler(context, services).Compile(name, [server]),
            };
        }
        return _tcp.Tcp(server) is { } action
            ? new FilterChainConfig { Name = TcpName(server), ServerNames = ServerNames(server), Tls = tls with { OffersHttp = false }, Tcp = action }
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
