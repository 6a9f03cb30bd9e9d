using System.Collections.Immutable;
using System.Text;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Listeners;
using Gateway.Snapshot.Compilation.RateLimits;
using Gateway.Snapshot.Compilation.Security;
using Gateway.Tls;

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

    /// <summary>What a ConfigMap says of authorities, in the form of a Secret: the keys are the same.</summary>
    private static Resource<SecretSpec> Authorities(Resource<ConfigMapSpec> map) => new()
    {
        Id = map.Id,
        Metadata = map.Metadata,
        Document = map.Document,
        Spec = new SecretSpec
        {
            Node = map.Spec.Node,
            Data = new EquatableMap<EquatableArray<byte>>(map.Spec.Data
                .Where(entry => entry.Key is "cacert" or "crl" or "ca.crt" or "ca.crl")
                .Select(entry => KeyValuePair.Create<string, EquatableArray<byte>>(entry.Key, [.. Encoding.UTF8.GetBytes(entry.Value)]))),
        },
    };

    private static ImmutableDictionary<string, Resource<SecretSpec>> Secrets(ConfigSet config)
    {
        ImmutableDictionary<string, Resource<SecretSpec>>.Builder secrets = ImmutableDictionary.CreateBuilder<string, Resource<SecretSpec>>(StringComparer.Ordinal);
        foreach (Resource<SecretSpec> secret in config.Secrets)
            secrets.TryAdd($"{secret.Metadata.Namespace}/{secret.Metadata.Name}", secret);
        foreach (Resource<ConfigMapSpec> map in config.ConfigMaps)
        {
            if (map.Spec.Data.ContainsKey("cacert") || map.Spec.Data.ContainsKey("ca.crt"))
                secrets.TryAdd($"{CertificateReference.ConfigMapScheme}{map.Metadata.Namespace}/{map.Metadata.Name}", Authorities(map));
        }
        return secrets.ToImmutable();
    }
}
