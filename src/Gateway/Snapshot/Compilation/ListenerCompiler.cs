using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Resolution;
using Gateway.Listeners;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns merged ports into listeners with their filter chains.</summary>
internal sealed class ListenerCompiler(CompilationContext context, VirtualServiceIndex services)
{
    private readonly DownstreamTlsCompiler _tls = new(context);

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
        if (servers[0].RouteName is not { } name)
        {
            Unsupported(servers[0]);
            return default;
        }
        return [new FilterChainConfig { Name = name, Routes = new RouteTableCompiler(context, services).Compile(name, servers) }];
    }

    private EquatableArray<FilterChainConfig> TlsChains(List<MergedServer> servers)
    {
        var chains = new List<FilterChainConfig>(servers.Count);
        foreach (MergedServer server in servers)
        {
            if (server.RouteName is not { } name)
            {
                Unsupported(server);
                continue;
            }
            if (Guard.Run(context, server.Gateway, () => _tls.Compile(server)) is not { } tls)
                continue;
            chains.Add(new FilterChainConfig
            {
                Name = name,
                ServerNames = ServerNames(server),
                Tls = tls,
                Routes = new RouteTableCompiler(context, services).Compile(name, [server]),
            });
        }
        return chains.ToEquatableArray();
    }

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

    /// <summary>A protocol or mode that is written has been reported where it was read; without a mode TLS is passed through.</summary>
    private void Unsupported(MergedServer server)
    {
        if (server.Protocol == ServiceProtocol.Https && server.Spec.Tls?.Mode is null)
            context.Report(DiagnosticCatalogue.NotHonoured, server.Gateway, $"{server.FieldPath}.tls", "Without a mode TLS is passed through, which is not served; the server is left out.");
    }
}
