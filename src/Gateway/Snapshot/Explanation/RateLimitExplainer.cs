using System.Globalization;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Routing;

namespace Gateway.Snapshot.Explanation;

/// <summary>Says which rate limits a request meets. What is left of a budget only the gateway that carries the traffic knows.</summary>
internal static class RateLimitExplainer
{
    /// <summary>One step for each limit.</summary>
    public static List<SecurityStep> Explain(RateLimitPlan plan, RouteTable table, RouteDecision decision, in RouteRequest request)
    {
        if (plan.Find(table, decision) is not { } entry)
            return [];
        var steps = new List<SecurityStep>();
        if (entry.Envoy is { } envoy)
            steps.Add(new SecurityStep("rate limit", $"{envoy.Origin}: {Describe(envoy.Settings)}", []));
        foreach (AppliedLimit applied in entry.Limits)
        {
            if (applied.Covers(request.Authority, request.Method, request.Path, request.Headers))
                steps.Add(new SecurityStep("rate limit", $"{applied.Limit.Id} at {applied.Origin.Location}: {applied.Limit.Describe()}", []));
        }
        return steps;
    }

    private static string Describe(EnvoyLimitSettings settings)
    {
        string bucket = settings.Bucket is { } tokens
            ? string.Create(CultureInfo.InvariantCulture, $"{tokens.TokensPerFill} per {tokens.FillInterval.TotalSeconds:0.###} s, at most {tokens.MaxTokens} at once")
            : "no bucket for all";
        string descriptors = settings.Descriptors.IsEmpty ? "" : string.Create(CultureInfo.InvariantCulture, $", {settings.Descriptors.Count} for descriptors");
        return $"{bucket}{descriptors}; for {settings.Enabled} of the requests, enforced for {settings.Enforced} of these";
    }
}
