using Gateway.Config;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Listeners;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>Gathers what EnvoyFilters and RateLimitPolicies say for every route of every chain that carries HTTP.</summary>
internal sealed class RateLimitCompiler(CompilationContext context)
{
    /// <summary>Compiles everything.</summary>
    public RateLimitPlan Compile(IReadOnlyList<ListenerConfig> listeners)
    {
        if (context.Config.EnvoyFilters.IsEmpty && context.Config.RateLimitPolicies.IsEmpty)
            return RateLimitPlan.None;
        var envoy = new EnvoyFilterCompiler(context);
        var policies = new RateLimitPolicyCompiler(context);
        var routes = new List<RouteRateLimits>();
        foreach (ListenerConfig listener in listeners)
        {
            foreach (FilterChainConfig chain in listener.FilterChains)
            {
                if (chain.Tcp is null)
                    AddChain(new RateLimitPlace(listener, chain), envoy, policies, routes);
            }
        }
        envoy.ReportUnused();
        return new RateLimitPlan(routes);
    }

    private static void AddChain(RateLimitPlace chain, EnvoyFilterCompiler envoy, RateLimitPolicyCompiler policies, List<RouteRateLimits> routes)
    {
        var found = new List<RouteRateLimits>();
        Add(chain, chain.Chain.Routes);
        foreach (VirtualHost host in chain.Chain.Routes.VirtualHosts)
        {
            Add(chain with { Host = host }, host);
            for (int i = 0; i < host.Routes.Count; i++)
                Add(chain with { Host = host, Route = host.Routes[i], Index = i }, host);
        }
        // A route without limits is there as well, so that only what a forward proxy routes is not.
        if (found.Any(entry => entry.Envoy is not null || !entry.Limits.IsEmpty))
            routes.AddRange(found);

        void Add(RateLimitPlace place, object owner)
        {
            (EnvoyLimitConfig? limit, EquatableArray<EquatableArray<EnvoyAction>> actions) = envoy.At(place);
            found.Add(new RouteRateLimits(owner, place.Route, limit, actions, policies.At(place)));
        }
    }
}

/// <summary>A place for which limits are looked for: a chain, a virtual host of it, or a route of that.</summary>
/// <param name="Listener">The port.</param>
/// <param name="Chain">The chain.</param>
internal sealed record RateLimitPlace(ListenerConfig Listener, FilterChainConfig Chain)
{
    /// <summary>The virtual host; null = requests that have none.</summary>
    public VirtualHost? Host { get; init; }

    /// <summary>The route; null = requests that have none.</summary>
    public Route? Route { get; init; }

    /// <summary>The route's index in its virtual host.</summary>
    public int Index { get; init; } = -1;

    /// <summary>Its name, the same after every load of the same resources.</summary>
    public string Scope => Host is null ? $"{Listener.Name}/{Chain.Name}" : Route is null ? $"{Listener.Name}/{Chain.Name}/{Host.Name}" : $"{Listener.Name}/{Chain.Name}/{Host.Name}/{Index}";
}
