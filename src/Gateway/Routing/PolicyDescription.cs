using System.Globalization;

namespace Gateway.Routing;

/// <summary>A policy in force, in words.</summary>
/// <param name="Policy">Istio's field.</param>
/// <param name="Text">What it says.</param>
/// <param name="Origin">Where it was written; null = it is a default.</param>
internal sealed record PolicyInForce(string Policy, string Text, ConfigOrigin? Origin);

/// <summary>Puts the policies of a route into words, for explanations and dumps.</summary>
internal static class PolicyDescription
{
    /// <summary>All policies in force, in the order in which a request meets them.</summary>
    public static IReadOnlyList<PolicyInForce> Of(ForwardAction forward)
    {
        var policies = new List<PolicyInForce>();
        void Add(string policy, string text) => policies.Add(new PolicyInForce(policy, text, OriginOf(forward, policy)));
        if (forward.Fault is { } fault)
            Add("fault", Describe(fault));
        if (forward.Cors is { } cors)
            Add("corsPolicy", Describe(cors));
        if (forward.Timeout > TimeSpan.Zero)
            Add("timeout", Seconds(forward.Timeout));
        if (forward.Retries is { } retries)
            Add("retries", Describe(retries));
        for (int i = 0; i < forward.Mirrors.Count; i++)
        {
            string field = OriginOf(forward, "mirror") is null ? $"mirrors[{i}]" : "mirror";
            Add(field, $"{forward.Mirrors[i].Share} to {forward.Mirrors[i].Cluster}");
        }
        return policies;
    }

    private static string Describe(FaultPolicy fault)
    {
        var parts = new List<string>();
        if (fault.Delay > TimeSpan.Zero)
            parts.Add($"{Seconds(fault.Delay)} of delay for {fault.DelayShare}");
        if (fault.AbortGrpcStatus is { } grpc)
            parts.Add($"grpc-status {grpc} for {fault.AbortShare}");
        else if (fault.AbortStatus > 0)
            parts.Add($"status {fault.AbortStatus} for {fault.AbortShare}");
        return string.Join(", ", parts);
    }

    private static string Describe(CorsConfig cors)
    {
        string strangers = cors.ForwardsUnmatchedPreflights ? "" : ", preflight requests of others are answered";
        return $"origins {string.Join(", ", cors.AllowOrigins)}{strangers}";
    }

    private static string Describe(RetryPolicy policy)
    {
        string codes = policy.StatusCodes.IsEmpty ? "" : $" ({string.Join(", ", policy.StatusCodes)})";
        string limit = policy.PerTryTimeout > TimeSpan.Zero ? $", {Seconds(policy.PerTryTimeout)} per try" : "";
        string hosts = policy.AvoidPreviousHosts ? ", not at endpoints tried before" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{policy.Attempts} more on {policy.RetryOn}{codes}{limit}, pause from {Seconds(policy.BackoffBase)}{hosts}");
    }

    /// <summary>A duration as Istio writes it.</summary>
    public static string Seconds(TimeSpan duration) => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#######}s");

    private static ConfigOrigin? OriginOf(ForwardAction forward, string policy)
    {
        foreach (RoutePolicyOrigin origin in forward.PolicyOrigins)
        {
            if (origin.Policy == policy)
                return origin.Origin;
        }
        return null;
    }
}
