using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads the load balancer part of a traffic policy.</summary>
internal static class LoadBalancerBinder
{
    public static LoadBalancerSettings LoadBalancerSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        BackendUtilization = r.Object("backendUtilization", BackendUtilization),
        ConsistentHash = r.Object("consistentHash", ConsistentHash),
        LocalityLbSetting = r.Object("localityLbSetting", LocalityLoadBalancerSetting),
        Simple = r.Enum("simple", EnumNames.SimpleLb),
        Warmup = r.Object("warmup", WarmupConfiguration),
        WarmupDurationSecs = r.Duration("warmupDurationSecs"),
        ZoneAwareLbSetting = r.Object("zoneAwareLbSetting", ZoneAwareLoadBalancerSetting),
    };

    public static BackendUtilization BackendUtilization(ObjectReader r) => new()
    {
        Node = r.Node,
        ErrorUtilizationPenaltyPercent = r.UInt32("errorUtilizationPenaltyPercent"),
        MetricNamesForComputingUtilization = r.Strings("metricNamesForComputingUtilization"),
        WeightExpirationPeriod = r.Duration("weightExpirationPeriod"),
        WeightStabilizationPeriod = r.Duration("weightStabilizationPeriod"),
        WeightUpdatePeriod = r.Duration("weightUpdatePeriod"),
    };

    public static ConsistentHash ConsistentHash(ObjectReader r) => new()
    {
        Node = r.Node,
        HttpCookie = r.Object("httpCookie", HttpCookie),
        HttpHeaderName = r.String("httpHeaderName"),
        HttpQueryParameterName = r.String("httpQueryParameterName"),
        Maglev = r.Object("maglev", MagLev),
        MinimumRingSize = r.Count("minimumRingSize"),
        RingHash = r.Object("ringHash", RingHash),
        UseSourceIp = r.Boolean("useSourceIp"),
    };

    public static HttpCookie HttpCookie(ObjectReader r) => new()
    {
        Node = r.Node,
        Attributes = r.List("attributes", HttpCookieAttribute),
        Name = r.String("name"),
        Path = r.String("path"),
        Ttl = r.Duration("ttl"),
    };

    public static HttpCookieAttribute HttpCookieAttribute(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name"),
        Value = r.String("value"),
    };

    public static MagLev MagLev(ObjectReader r) => new()
    {
        Node = r.Node,
        TableSize = r.Count("tableSize"),
    };

    public static RingHash RingHash(ObjectReader r) => new()
    {
        Node = r.Node,
        MinimumRingSize = r.Count("minimumRingSize"),
    };

    public static LocalityLoadBalancerSetting LocalityLoadBalancerSetting(ObjectReader r) => new()
    {
        Node = r.Node,
        Distribute = r.List("distribute", LocalityDistribute),
        Enabled = r.Boolean("enabled"),
        Failover = r.List("failover", LocalityFailover),
        FailoverPriority = r.Strings("failoverPriority"),
    };

    public static LocalityDistribute LocalityDistribute(ObjectReader r) => new()
    {
        Node = r.Node,
        From = r.String("from"),
        To = r.UInt32Map("to"),
    };

    public static LocalityFailover LocalityFailover(ObjectReader r) => new()
    {
        Node = r.Node,
        From = r.String("from"),
        To = r.String("to"),
    };

    public static WarmupConfiguration WarmupConfiguration(ObjectReader r) => new()
    {
        Node = r.Node,
        Aggression = r.Double("aggression"),
        Duration = r.Duration("duration"),
        MinimumPercent = r.Double("minimumPercent"),
    };

    public static ZoneAwareLoadBalancerSetting ZoneAwareLoadBalancerSetting(ObjectReader r) => new()
    {
        Node = r.Node,
        Enabled = r.Boolean("enabled"),
        Failover = r.List("failover", LocalityFailover),
        FailoverPriority = r.Strings("failoverPriority"),
        MinClusterSize = r.UInt32("minClusterSize"),
    };
}
