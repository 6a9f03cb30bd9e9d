using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The CORS policy of a rule.</summary>
internal static class CorsRules
{
    /// <summary>Checks a policy.</summary>
    public static void Check(Findings findings, CorsPolicy? policy)
    {
        if (policy is null)
            return;
        foreach (StringMatch origin in policy.AllowOrigins)
        {
            if (string.IsNullOrEmpty(origin.Exact ?? origin.Prefix ?? origin.Regex))
                findings.Error(origin, "", "An empty match is not a valid match type for CORS allow origins; write exact, prefix or regex with a value.");
            else
                StringMatchRules.CheckRegex(findings, origin, "corsPolicy.allowOrigins");
        }
        for (int i = 0; i < policy.AllowMethods.Count; i++)
        {
            string method = policy.AllowMethods[i];
            if (method is not ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" or "*"))
                findings.Error(policy, "allowMethods", i, $"\"{method}\" is not a supported HTTP method.");
        }
        CheckNames(findings, policy, "allowHeaders", policy.AllowHeaders);
        CheckNames(findings, policy, "exposeHeaders", policy.ExposeHeaders);
        ScalarRules.CheckDuration(findings, policy, "maxAge", policy.MaxAge);
        if (policy.MaxAge is { } age && age > TimeSpan.Zero && !ScalarRules.IsMultipleOf(TimeSpan.TicksPerSecond, policy, "maxAge", age))
            findings.Error(policy, "maxAge", "The maxAge duration is accurate only to seconds precision.");
    }

    private static void CheckNames(Findings findings, CorsPolicy policy, string field, EquatableArray<string> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (HeaderNameRules.ForCors(names[i]) is { } fault)
                findings.Error(policy, field, i, fault);
        }
    }
}
