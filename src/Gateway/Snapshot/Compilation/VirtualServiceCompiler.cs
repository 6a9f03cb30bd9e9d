using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the rules of one VirtualService into the routes it has on one server of one Gateway.</summary>
/// <param name="context">The compilation.</param>
/// <param name="server">The server: its port and TLS decide what applies.</param>
internal sealed class VirtualServiceCompiler(CompilationContext context, MergedServer server)
{
    private readonly ActionCompiler _actions = new(context, server.Port, server.Spec.Tls is not null);

    /// <summary>The routes in order; what follows the first rule that takes everything is left out.</summary>
    public RouteList Compile(BoundVirtualService service)
    {
        var routes = new List<Route>(service.Rules.Count);
        foreach (VirtualServiceRule rule in service.Rules)
        {
            if (CompileRule(service, rule, routes))
                break;
        }
        return routes.Count == 0 ? RouteList.Empty : [.. routes];
    }

    /// <summary>Adds the routes of a rule; true = the last one takes everything.</summary>
    private bool CompileRule(BoundVirtualService service, VirtualServiceRule rule, List<Route> routes)
    {
        EquatableArray<HttpMatchRequest> matches = rule.Rule.Match;
        RouteAction? action = null;
        for (int i = 0; i < Math.Max(1, matches.Count); i++)
        {
            HttpMatchRequest? match = matches.IsEmpty ? null : matches[i];
            if (match is not null && !Applies(match, service.Namespace))
                continue;
            if (new MatchCompiler(context, rule).Compile(match) is not { } conditions)
                continue;
            action ??= _actions.Compile(rule);
            if (action is null)
                return matches.IsEmpty;
            routes.Add(new Route
            {
                Name = match?.Name is { Length: > 0 } name ? $"{rule.Rule.Name}.{name}" : rule.Rule.Name ?? "",
                Match = conditions,
                Action = action,
                Origin = Origin(rule, match, i),
                VirtualService = service.Resource.Id,
                Gateway = server.GatewayName,
            });
            if (conditions.IsCatchAll)
                return true;
        }
        return matches.IsEmpty;
    }

    /// <summary>Conditions that are known now: the server's port, the Gateway, and the workload as the "source".</summary>
    private bool Applies(HttpMatchRequest match, string ns)
    {
        if (match.Port is > 0 && match.Port != server.Port)
            return false;
        if (!match.Gateways.IsEmpty)
        {
            foreach (string gateway in match.Gateways)
            {
                if (GatewayName.Resolve(gateway, ns) == server.GatewayName)
                    return true;
            }
            return false;
        }
        return LabelSelector.Selects(match.SourceLabels, context.Labels)
            && (string.IsNullOrEmpty(match.SourceNamespace) || match.SourceNamespace == context.Identity.Namespace);
    }

    private static ConfigOrigin Origin(VirtualServiceRule rule, HttpMatchRequest? match, int index)
    {
        // Matches that were multiplied by a delegate have no index in the document; their node still has a place.
        SourceLocation location = match is { Node.Location.Line: > 0 } ? match.Node.Location
            : rule.Rule.Node.Location.Line > 0 ? rule.Rule.Node.Location
            : rule.Origin.Document.Locate(rule.FieldPath).Location;
        return new ConfigOrigin(rule.Origin.Id, location, match is null ? rule.FieldPath : $"{rule.FieldPath}.match[{index}]");
    }
}
