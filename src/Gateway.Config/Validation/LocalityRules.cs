using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Load balancing by locality (<c>region/zone/subzone</c>): shares and failover.</summary>
internal static class LocalityRules
{
    /// <summary>Checks <c>localityLbSetting</c>. Like Istio it stops at a fault that makes the rest meaningless.</summary>
    public static void Check(Findings findings, LocalityLoadBalancerSetting? setting, bool hasOutlierDetection, bool warn)
    {
        if (setting is null)
            return;
        if (!setting.Distribute.IsEmpty && !setting.Failover.IsEmpty)
        {
            findings.Error(setting, "failover", "A locality setting can not simultaneously specify 'distribute' and 'failover'.");
            return;
        }
        if (!setting.Failover.IsEmpty)
        {
            for (int i = 0; i < setting.FailoverPriority.Count; i++)
            {
                string label = setting.FailoverPriority[i];
                if (!IsTopologyLabel(label))
                    continue;
                findings.Error(setting, "failoverPriority", i, $"A locality setting can not simultaneously have 'failover' and the topology label '{label}' in 'failoverPriority'.");
                return;
            }
        }
        if (!CheckDistribute(findings, setting))
            return;
        CheckFailover(findings, setting, setting.Failover, setting.FailoverPriority, hasOutlierDetection, warn);
    }

    /// <summary>Checks <c>zoneAwareLbSetting</c>.</summary>
    public static void CheckZoneAware(Findings findings, ZoneAwareLoadBalancerSetting? setting, bool hasOutlierDetection, bool warn)
    {
        if (setting is null)
            return;
        for (int i = 0; i < setting.FailoverPriority.Count; i++)
        {
            if (IsTopologyLabel(setting.FailoverPriority[i]))
                findings.Error(setting, "failoverPriority", i, $"'failoverPriority' for zone aware load balancing must not use the topology label '{setting.FailoverPriority[i]}': region, zone and subzone are handled automatically.");
        }
        CheckFailover(findings, setting, setting.Failover, setting.FailoverPriority, hasOutlierDetection, warn);
    }

    private static bool CheckDistribute(Findings findings, LocalityLoadBalancerSetting setting)
    {
        LocalityOverlap sources = new();
        bool sourcesAreGood = true;
        foreach (LocalityDistribute distribute in setting.Distribute)
        {
            LocalityOverlap targets = new();
            long total = 0;
            foreach (KeyValuePair<string, uint> share in distribute.To)
            {
                if (share.Value is 0 or > 100)
                {
                    findings.ErrorAtKey(distribute, "to", share.Key, "A locality weight must be in range [1, 100].");
                    return false;
                }
                total += share.Value;
            }
            if (total != 100)
            {
                findings.Error(distribute, "to", $"The total locality weight is {total}; it must be 100.");
                return false;
            }
            foreach (KeyValuePair<string, uint> share in distribute.To)
            {
                if (targets.Add(share.Key) is { } fault)
                {
                    findings.ErrorAtKey(distribute, "to", share.Key, fault);
                    break;
                }
            }
            if (sourcesAreGood && sources.Add(distribute.From ?? "") is { } sourceFault)
            {
                findings.Error(distribute, "from", sourceFault);
                sourcesAreGood = false;
            }
        }
        return true;
    }

    private static void CheckFailover(
        Findings findings,
        SpecRecord setting,
        EquatableArray<LocalityFailover> failovers,
        EquatableArray<string> priorities,
        bool hasOutlierDetection,
        bool warn)
    {
        if (warn && !hasOutlierDetection && (!failovers.IsEmpty || !priorities.IsEmpty))
            findings.Warning(setting, "failover", "An outlier detection policy must be provided for failover: without one no host is ever seen as failed.");
        foreach (LocalityFailover failover in failovers)
        {
            string from = failover.From ?? "", to = failover.To ?? "";
            if (from == to)
                findings.Error(failover, "to", "Locality failover settings must specify different regions.");
            if (from.Contains('/', StringComparison.Ordinal) || to.Contains('/', StringComparison.Ordinal))
                findings.Error(failover, "", "Locality failover may only specify a region, neither zone nor subzone.");
            if (from.Contains('*', StringComparison.Ordinal) || to.Contains('*', StringComparison.Ordinal))
                findings.Error(failover, "", "A locality failover region should not contain the '*' wildcard.");
        }
    }

    private static bool IsTopologyLabel(string label) =>
        label is "topology.kubernetes.io/region" or "topology.kubernetes.io/zone" or "topology.istio.io/subzone";
}
