using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Listeners;
using Gateway.Snapshot.Compilation.RateLimits;
using Gateway.Snapshot.Compilation.Security;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the accepted resources into a snapshot: a list of compilers, one per subject. Pure.</summary>
internal static class SnapshotCompiler
{
    /// <summary>Compiles everything from scratch.</summary>
    public static CompileResult Compile(ConfigSet config, GatewayIdentity identity)
    {
        var context = new CompilationContext(config, identity);
        IReadOnlyCollection<MergedPort> ports = new ServerMerger(context).Merge();
        var virtualServices = new VirtualServiceIndex(context);
        ImmutableArray<ListenerConfig> listeners = new ListenerCompiler(context, virtualServices).Compile(ports);
        SecurityConfig security = new SecurityCompiler(context).Compile(listeners.Any(listener => listener.FilterChains.Any(chain => chain.Tcp is not null)));
        var snapshot = new GatewaySnapshot
        {
            Listeners = listeners,
            Clusters = context.Clusters.All,
            Secrets = Secrets(config),
            Mesh = config.Mesh,
            Acme = new AcmeCompiler(context).Compile(ports),
            RateLimits = new RateLimitCompiler(context).Compile(listeners),
            Security = security,
        };
        return new CompileResult(snapshot, context.Diagnostics());
    }

    private static ImmutableDictionary<string, Resource<SecretSpec>> Secrets(ConfigSet config)
    {
        ImmutableDictionary<string, Resource<SecretSpec>>.Builder secrets = ImmutableDictionary.CreateBuilder<string, Resource<SecretSpec>>(StringComparer.Ordinal);
        foreach (Resource<SecretSpec> secret in config.Secrets)
            secrets.TryAdd($"{secret.Metadata.Namespace}/{secret.Metadata.Name}", secret);
        return secrets.ToImmutable();
    }
}
