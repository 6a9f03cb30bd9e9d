using Gateway.Clusters;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the annotations of a DestinationRule into a cluster's active health checks.</summary>
internal static class HealthCheckCompiler
{
    /// <summary>The checks; null = none are asked for. Of several rules for a host the first with such annotations counts.</summary>
    public static HealthCheckConfig? Compile(EffectiveDestinationRule? rule, string host) => Find(rule) is not { } settings ? null : new HealthCheckConfig
    {
        Protocol = settings.Kind switch
        {
            HealthCheckKind.Grpc => HealthCheckProtocol.Grpc,
            HealthCheckKind.Tcp => HealthCheckProtocol.Tcp,
            _ => HealthCheckProtocol.Http,
        },
        Interval = settings.Interval,
        Timeout = settings.Timeout,
        JitterPercent = settings.JitterPercent,
        UnhealthyThreshold = settings.UnhealthyThreshold,
        HealthyThreshold = settings.HealthyThreshold,
        Path = settings.Path,
        Host = settings.Host.Length > 0 ? settings.Host : host,
        ExpectedStatuses = settings.ExpectedStatuses,
        Service = settings.Service,
    };

    /// <summary>Whether endpoints of a service are checked, so that failing ones are noticed.</summary>
    public static bool IsWanted(CompilationContext context, MeshService service) =>
        Find(context.DestinationRules.Find(service.Host, service.Namespace)) is not null;

    private static HealthCheckSettings? Find(EffectiveDestinationRule? rule)
    {
        foreach (Resource<DestinationRuleSpec> one in rule?.Rules ?? [])
        {
            if (HealthCheckAnnotations.Read(one.Metadata.Annotations) is { } settings)
                return settings;
        }
        return null;
    }
}
