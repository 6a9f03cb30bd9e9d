using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>How endpoints are chosen.</summary>
internal static class LoadBalancerRules
{
    // Envoy's bound for Maglev tables.
    private const int MaglevTableSizeLimit = 5_000_011;

    /// <summary>Checks the settings.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="hasOutlierDetection">Failover by locality works on ejected hosts.</param>
    /// <param name="warn">Whether warnings are wanted.</param>
    public static void Check(Findings findings, LoadBalancerSettings? settings, bool hasOutlierDetection, bool warn)
    {
        if (settings is null)
            return;
        CheckHash(findings, settings.ConsistentHash, warn);
        if (settings.LocalityLbSetting is not null && settings.ZoneAwareLbSetting is not null)
            findings.Error(settings, "zoneAwareLbSetting", "Only one of localityLbSetting and zoneAwareLbSetting can be set.");
        LocalityRules.Check(findings, settings.LocalityLbSetting, hasOutlierDetection, warn);
        LocalityRules.CheckZoneAware(findings, settings.ZoneAwareLbSetting, hasOutlierDetection, warn);
        CheckWarmup(findings, settings.Warmup);
        ScalarRules.CheckAtLeastOneMillisecond(findings, settings, "warmupDurationSecs", settings.WarmupDurationSecs);
    }

    private static void CheckHash(Findings findings, ConsistentHash? hash, bool warn)
    {
        if (hash is null)
            return;
        if (hash.HttpCookie is { } cookie)
        {
            if (string.IsNullOrEmpty(cookie.Name))
                findings.Error(cookie, "name", "A name is required for httpCookie.");
            HashSet<string> names = new(StringComparer.Ordinal);
            foreach (HttpCookieAttribute attribute in cookie.Attributes)
            {
                if (string.IsNullOrEmpty(attribute.Name))
                    findings.Error(attribute, "name", "A cookie attribute name cannot be empty.");
                else if (!names.Add(attribute.Name))
                    findings.Error(attribute, "name", $"Duplicate cookie attribute name: {attribute.Name}.");
            }
        }
        if (hash.MinimumRingSize is not (null or 0))
        {
            if (warn)
                findings.Warning(hash, "minimumRingSize", "minimumRingSize of a consistent hash is deprecated; use ringHash instead.");
            if (hash.RingHash is not null || hash.Maglev is not null)
                findings.Error(hash, "minimumRingSize", "Only one of minimumRingSize or maglev/ringHash can be specified.");
        }
        if (hash.Maglev is { } maglev)
        {
            int size = maglev.TableSize ?? 0;
            if (size == 0)
                findings.Error(maglev, "tableSize", "tableSize must be set for maglev.");
            if (size >= MaglevTableSizeLimit)
                findings.Error(maglev, "tableSize", $"tableSize must be less than {MaglevTableSizeLimit} for maglev.");
            if (!IsPrime(size))
                findings.Error(maglev, "tableSize", "tableSize must be a prime number for maglev.");
        }
    }

    private static void CheckWarmup(Findings findings, WarmupConfiguration? warmup)
    {
        if (warmup is null)
            return;
        if (warmup.Duration is null)
            findings.Error(warmup, "duration", "A duration is required for the warmup.");
        ScalarRules.CheckDuration(findings, warmup, "duration", warmup.Duration);
        if (warmup.MinimumPercent is > 100)
            findings.Error(warmup, "minimumPercent", "minimumPercent should be less than or equal to 100.");
        if (warmup.Aggression is <= 0)
            findings.Error(warmup, "aggression", "aggression should be greater than 0.");
    }

    // 1 passes, as it does in Envoy.
    private static bool IsPrime(int value)
    {
        if (value is > 0 and < 4)
            return true;
        if (value <= 0 || value % 2 == 0)
            return false;
        for (int factor = 3; (long)factor * factor <= value; factor += 2)
        {
            if (value % factor == 0)
                return false;
        }
        return true;
    }
}
