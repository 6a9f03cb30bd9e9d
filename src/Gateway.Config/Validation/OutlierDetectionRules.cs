using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>When hosts are ejected.</summary>
internal static class OutlierDetectionRules
{
    /// <summary>Checks the settings.</summary>
    public static void Check(Findings findings, OutlierDetection? outlier, bool warn)
    {
        if (outlier is null)
            return;
        ScalarRules.CheckDuration(findings, outlier, "baseEjectionTime", outlier.BaseEjectionTime);
        ScalarRules.CheckDuration(findings, outlier, "interval", outlier.Interval);
        if (warn && outlier.ConsecutiveErrors is not (null or 0))
            findings.Warning(outlier, "consecutiveErrors", "Outlier detection by consecutiveErrors is deprecated; use consecutiveGatewayErrors or consecutive5xxErrors instead.");
        if (outlier.SplitExternalLocalOriginErrors is not true && outlier.ConsecutiveLocalOriginFailures is > 0)
            findings.Error(outlier, "consecutiveLocalOriginFailures", "Outlier detection by consecutive local origin failures is specified, but splitExternalLocalOriginErrors is false.");
        ScalarRules.CheckPercent(findings, outlier, "maxEjectionPercent", outlier.MaxEjectionPercent);
        ScalarRules.CheckPercent(findings, outlier, "minHealthPercent", outlier.MinHealthPercent);
    }
}
