using System.Globalization;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The retries of a rule.</summary>
internal static class RetryRules
{
    private static readonly HashSet<string> Conditions = new(StringComparer.Ordinal)
    {
        "5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream",
        "retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure",
        "cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
    };

    /// <summary>Checks a retry policy.</summary>
    public static void Check(Findings findings, HttpRetry? retry)
    {
        if (retry is null)
            return;
        bool hasConditions = !string.IsNullOrEmpty(retry.RetryOn);
        if (retry.Attempts < 0)
            findings.Error(retry, "attempts", "attempts cannot be negative.");
        if (retry.Attempts is null or 0 && (retry.PerTryTimeout is not null || hasConditions || retry.RetryRemoteLocalities is not null))
            findings.Error(retry, "attempts", "An http retry policy is configured although attempts are set to 0 (disabled).");
        ScalarRules.CheckDuration(findings, retry, "perTryTimeout", retry.PerTryTimeout);
        if (hasConditions)
        {
            foreach (string condition in retry.RetryOn!.Split(','))
            {
                if (!Conditions.Contains(condition) && !IsStatus(condition))
                    findings.Error(retry, "retryOn", $"\"{condition}\" is not a valid retryOn policy; write Envoy's names, such as connect-failure or 5xx, or statuses, with commas between them.");
            }
        }
        ScalarRules.CheckDuration(findings, retry, "backoff", retry.Backoff);
    }

    // The codes that have a registered name.
    private static bool IsStatus(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int status)
        && status is (>= 100 and <= 103) or (>= 200 and <= 208) or 226 or (>= 300 and <= 305) or 307 or 308
            or (>= 400 and <= 418) or (>= 421 and <= 426) or 428 or 429 or 431 or 451 or (>= 500 and <= 508) or 510 or 511;
}
