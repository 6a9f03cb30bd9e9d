using System.Globalization;
using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns <c>retries</c> into a policy, as Istio does: its default, overridden by what is written.</summary>
internal static class RetryPolicyCompiler
{
    private const string DefaultRetryOn = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";
    private const string StatusCodesPolicy = "retriable-status-codes";

    /// <summary>Istio's policy where nothing is written: one instance for all routes.</summary>
    public static RetryPolicy Default { get; } = new()
    {
        Attempts = 2,
        RetryOn = DefaultRetryOn,
        Conditions = ConditionsOf(DefaultRetryOn),
    };

    private static readonly RetryPolicy DefaultForHashing = Default with { AvoidPreviousHosts = false };

    /// <summary>Compiles; null = nothing is tried again.</summary>
    /// <param name="retry">What is written, in the rule or else in the mesh settings; null = nothing.</param>
    /// <param name="consistentHash">Whether a destination chooses its endpoints by hash, and so wants the same one again.</param>
    public static RetryPolicy? Compile(HttpRetry? retry, bool consistentHash)
    {
        RetryPolicy start = consistentHash ? DefaultForHashing : Default;
        if (retry is null)
            return start;
        if (retry.Attempts is not (> 0 and int attempts))
            return null;
        RetryPolicy policy = start with
        {
            Attempts = attempts,
            PerTryTimeout = retry.PerTryTimeout is { } limit && limit > TimeSpan.Zero ? limit : TimeSpan.Zero,
            AvoidPreviousHosts = retry.RetryIgnorePreviousHosts ?? start.AvoidPreviousHosts,
            RetryRemoteLocalities = retry.RetryRemoteLocalities ?? false,
        };
        if (retry.Backoff is { } backoff && backoff > TimeSpan.Zero)
            policy = policy with { BackoffBase = backoff < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : backoff };
        return string.IsNullOrEmpty(retry.RetryOn) ? policy : WithConditions(policy, retry.RetryOn);
    }

    // A number that is a status with a name moves to the list of statuses.
    private static RetryPolicy WithConditions(RetryPolicy policy, string retryOn)
    {
        var names = new List<string>();
        var codes = new List<int>();
        foreach (string part in retryOn.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code) && IsStatus(code))
                codes.Add(code);
            else
                names.Add(part);
        }
        if (codes.Count > 0 && !names.Contains(StatusCodesPolicy))
            names.Add(StatusCodesPolicy);
        string joined = string.Join(',', names);
        return policy with { RetryOn = joined, Conditions = ConditionsOf(joined), StatusCodes = codes.ToEquatableArray() };
    }

    private static RetryConditions ConditionsOf(string retryOn)
    {
        RetryConditions conditions = RetryConditions.None;
        foreach (string name in retryOn.Split(','))
        {
            conditions |= name switch
            {
                "connect-failure" => RetryConditions.ConnectFailure,
                "refused-stream" => RetryConditions.RefusedStream,
                "reset" => RetryConditions.Reset,
                "reset-before-request" => RetryConditions.ResetBeforeRequest,
                "5xx" => RetryConditions.ServerError,
                "gateway-error" => RetryConditions.GatewayError,
                "retriable-4xx" => RetryConditions.RetriableClientError,
                StatusCodesPolicy => RetryConditions.StatusCodes,
                "envoy-ratelimited" => RetryConditions.RateLimited,
                "cancelled" => RetryConditions.GrpcCancelled,
                "deadline-exceeded" => RetryConditions.GrpcDeadlineExceeded,
                "internal" => RetryConditions.GrpcInternal,
                "resource-exhausted" => RetryConditions.GrpcResourceExhausted,
                "unavailable" => RetryConditions.GrpcUnavailable,
                _ => RetryConditions.None,
            };
        }
        return conditions;
    }

    // The codes that have a registered name.
    private static bool IsStatus(int code) =>
        code is (>= 100 and <= 103) or (>= 200 and <= 208) or 226 or (>= 300 and <= 305) or 307 or 308
            or (>= 400 and <= 418) or (>= 421 and <= 426) or 428 or 429 or 431 or 451 or (>= 500 and <= 508) or 510 or 511;
}
