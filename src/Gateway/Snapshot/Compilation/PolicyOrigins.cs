using System.Globalization;
using System.Text;
using Gateway.Clusters;
using Gateway.Clusters.LoadBalancing;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Config.Resolution;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Tells what each part of the policy in force says and where it was written.</summary>
internal static class PolicyOrigins
{
    private const string Mesh = "MeshConfig";

    /// <summary>The parts that are set, and how endpoints are chosen in any case, in the order of their names.</summary>
    /// <param name="context">For what stands in the mesh's settings.</param>
    /// <param name="service">The destination.</param>
    /// <param name="rule">The rules for it; null = none.</param>
    /// <param name="policy">The policy in force; null = none.</param>
    public static EquatableArray<PolicyOrigin> Of(CompilationContext context, MeshService service, EffectiveDestinationRule? rule, TrafficPolicy? policy)
    {
        List<PolicyOrigin> parts = [];
        void Add(string part, SpecRecord? record, string? text = null)
        {
            if (record is not null)
                parts.Add(new PolicyOrigin(part, text ?? Written(record.Node), OwnerOf(context, rule, record), record.Node.Location.ToString()));
        }
        Add("connectionPool", policy?.ConnectionPool);
        string algorithm = Describe(policy?.LoadBalancer);
        if (policy?.LoadBalancer is { } balancer)
            Add("loadBalancer", balancer, algorithm);
        else
            parts.Add(new PolicyOrigin("loadBalancer", algorithm, null, null));
        if (Locality(context, service, rule, policy) is { } locality)
            parts.Add(locality);
        Add("outlierDetection", policy?.OutlierDetection);
        Add("proxyProtocol", policy?.ProxyProtocol);
        Add("retryBudget", policy?.RetryBudget);
        Add("tls", policy?.Tls);
        return parts.ToEquatableArray();
    }

    /// <summary>The resource that a part of the policy is written in.</summary>
    public static Resource<DestinationRuleSpec> OwnerOf(EffectiveDestinationRule rule, SpecRecord part) =>
        rule.Rules.FirstOrDefault(candidate => IsIn(candidate.Spec, part)) ?? rule.Rules[0];

    private static string OwnerOf(CompilationContext context, EffectiveDestinationRule? rule, SpecRecord part)
    {
        DefaultTrafficPolicy? mesh = context.Config.Mesh.DefaultTrafficPolicy;
        return rule is null || ReferenceEquals(part, mesh?.ConnectionPool) || ReferenceEquals(part, mesh?.OutlierDetection) ? Mesh : OwnerOf(rule, part).Id.ToString();
    }

    private static PolicyOrigin? Locality(CompilationContext context, MeshService service, EffectiveDestinationRule? rule, TrafficPolicy? policy)
    {
        const string Part = "localityLbSetting";
        const string ZoneAware = "zoneAwareLbSetting";
        LoadBalancerSettings? balancer = policy?.LoadBalancer;
        if (rule is not null && balancer is { ZoneAwareLbSetting: { } zones })
            return new PolicyOrigin(ZoneAware, Written(zones.Node), OwnerOf(rule, balancer).Id.ToString(), zones.Node.Location.ToString());
        if (rule is not null && balancer is { LocalityLbSetting: { } written })
            return new PolicyOrigin(Part, Written(written.Node), OwnerOf(rule, balancer).Id.ToString(), written.Node.Location.ToString());
        if (LocalityCompiler.Distribution(service) is not null)
            return new PolicyOrigin(Part, $"trafficDistribution {service.TrafficDistribution}", service.Resource.Id.ToString(), service.Resource.Location.ToString());
        if (context.Config.Mesh.ZoneAwareLbSetting is { } all)
            return new PolicyOrigin(ZoneAware, Written(all.Node), Mesh, all.Node.Location.ToString());
        return context.Config.Mesh.LocalityLbSetting is { } mesh
            ? new PolicyOrigin(Part, Written(mesh.Node), Mesh, mesh.Node.Location.ToString())
            : null;
    }

    private static string Describe(LoadBalancerSettings? settings)
    {
        if (settings is { ConsistentHash: null, Simple: SimpleLb.Passthrough })
            return "PASSTHROUGH";
        LoadBalancerConfig config = LoadBalancerCompiler.Compile(settings);
        string text = config.Algorithm switch
        {
            LoadBalancerAlgorithm.LeastRequest => "LEAST_REQUEST",
            LoadBalancerAlgorithm.RoundRobin => "ROUND_ROBIN",
            LoadBalancerAlgorithm.Random => "RANDOM",
            LoadBalancerAlgorithm.Maglev => string.Create(CultureInfo.InvariantCulture, $"Maglev, a table of {config.TableSize}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"ring hash, at least {config.TableSize} points"),
        };
        if (LoadBalancerCompiler.HashPolicy(settings?.ConsistentHash) is { } hash)
        {
            text += hash.Source switch
            {
                HashSource.Header => $", by header {hash.Name}",
                HashSource.Cookie => $", by cookie {hash.Name}",
                HashSource.SourceIp => ", by the client's address",
                _ => $", by query parameter {hash.Name}",
            };
        }
        return config.WarmUp is { } warmUp ? $"{text}, new endpoints warm up for {PolicyDescription.Seconds(warmUp.Window)}" : text;
    }

    /// <summary>A part as it was written, in one line.</summary>
    private static string Written(ConfigNode node)
    {
        var text = new StringBuilder();
        Write(text, node);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ConfigNode node)
    {
        string separator = "";
        switch (node.Kind)
        {
            case ConfigNodeKind.Mapping:
                text.Append('{');
                foreach (ConfigEntry entry in node.Entries)
                {
                    text.Append(separator).Append(entry.Key).Append(": ");
                    Write(text, entry.Value);
                    separator = ", ";
                }
                text.Append('}');
                break;
            case ConfigNodeKind.Sequence:
                text.Append('[');
                foreach (ConfigNode item in node.Items)
                {
                    text.Append(separator);
                    Write(text, item);
                    separator = ", ";
                }
                text.Append(']');
                break;
            default:
                text.Append(node.Text);
                break;
        }
    }

    private static bool IsIn(DestinationRuleSpec spec, SpecRecord record) =>
        IsIn(spec.TrafficPolicy, record) || spec.Subsets.Any(subset => IsIn(subset.TrafficPolicy, record));

    private static bool IsIn(TrafficPolicy? policy, SpecRecord record) =>
        policy is not null
        && (((SpecRecord?[])[policy.ConnectionPool, policy.LoadBalancer, policy.OutlierDetection, policy.ProxyProtocol, policy.RetryBudget, policy.Tls])
                .Any(part => ReferenceEquals(part, record))
            || policy.PortLevelSettings.Any(entry => ((SpecRecord?[])[entry.ConnectionPool, entry.LoadBalancer, entry.OutlierDetection, entry.Tls])
                .Any(part => ReferenceEquals(part, record))));
}
