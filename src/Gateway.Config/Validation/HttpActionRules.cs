using System.Text;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Redirect, rewrite, direct response and mirrors of an HTTP rule, each for itself.</summary>
internal static class HttpActionRules
{
    private const int LargeBodyBytes = 100 * 1024;
    private const int MaxBodyBytes = 1024 * 1024;

    /// <summary>The redirect; like Istio it names the first fault only.</summary>
    public static void CheckRedirect(Findings findings, HttpRoute rule)
    {
        if (rule.Redirect is not { } redirect)
            return;
        bool hasUri = !string.IsNullOrEmpty(redirect.Uri);
        bool hasPrefix = !string.IsNullOrEmpty(redirect.PrefixRewrite);
        bool hasPort = redirect.Port is not null || redirect.DerivePort is not null;
        if (hasUri && hasPrefix)
            findings.Error(redirect, "prefixRewrite", "A redirect may only specify one of uri or prefixRewrite.");
        else if (hasPrefix && HasUriMatchOtherThanPrefix(rule))
            findings.Error(redirect, "prefixRewrite", "A redirect with prefixRewrite requires all URI matches to use the prefix match type.");
        else if (!hasUri && !hasPrefix && string.IsNullOrEmpty(redirect.Authority) && !hasPort && string.IsNullOrEmpty(redirect.Scheme))
            findings.Error(redirect, "", "A redirect must specify uri, authority, scheme or port.");
        else if (redirect.RedirectCode is not (null or 0 or (>= 300 and <= 399)))
            findings.Error(redirect, "redirectCode", $"{redirect.RedirectCode} is not a valid redirect code; it must be 3xx.");
        else if (!string.IsNullOrEmpty(redirect.Scheme) && redirect.Scheme is not ("http" or "https"))
            findings.Error(redirect, "scheme", "The redirect scheme is invalid; it must be \"http\" or \"https\".");
        else if (redirect.Port is > 0 and { } port && AddressRules.PortFault(port) is { } fault)
            findings.Error(redirect, "port", fault);
    }

    /// <summary>The rewrite; like Istio it names the first fault only.</summary>
    public static void CheckRewrite(Findings findings, HttpRewrite? rewrite)
    {
        if (rewrite is null)
            return;
        bool hasUri = !string.IsNullOrEmpty(rewrite.Uri);
        if (hasUri && rewrite.UriRegexRewrite is not null)
        {
            findings.Error(rewrite, "uriRegexRewrite", "A rewrite may only contain one of uri or uriRegexRewrite.");
        }
        else if (!hasUri && rewrite.UriRegexRewrite is null && string.IsNullOrEmpty(rewrite.Authority))
        {
            findings.Error(rewrite, "", "A rewrite must specify at least one of uri, uriRegexRewrite or authority.");
        }
        else if (rewrite.UriRegexRewrite is { } regex)
        {
            if (string.IsNullOrEmpty(regex.Match) || string.IsNullOrEmpty(regex.Rewrite))
                findings.Error(regex, "", "uriRegexRewrite requires both match and rewrite to be specified.");
            else
                StringMatchRules.CheckPattern(findings, regex, "match", regex.Match, "uriRegexRewrite");
        }
    }

    /// <summary>The direct response.</summary>
    public static void CheckDirectResponse(Findings findings, HttpDirectResponse? response)
    {
        if (response is null)
            return;
        if (response.Body is { } body)
        {
            int size = body.String is { } text ? Encoding.UTF8.GetByteCount(text) : DecodedLength(body.Bytes);
            string field = body.String is null ? "bytes" : "string";
            if (size > MaxBodyBytes)
                findings.Error(body, field, "The body of the direct response is too large; it must be less than 1MB.");
            else if (size > LargeBodyBytes)
                findings.Warning(body, field, "A large body of a direct response may impact performance.");
        }
        ScalarRules.CheckHttpStatus(findings, response, "status", response.Status ?? 0);
    }

    /// <summary>All fields about mirroring.</summary>
    public static void CheckMirrors(Findings findings, HttpRoute rule)
    {
        CheckMirrorPercent(findings, rule, "mirrorPercent", rule.MirrorPercent);
        CheckMirrorPercent(findings, rule, "mirror_percent", rule.MirrorPercentSnake);
        ScalarRules.CheckMirrorPercentage(findings, rule, "mirrorPercentage", rule.MirrorPercentage);
        DestinationRules.Check(findings, rule.Mirror);
        foreach (HttpMirrorPolicy mirror in rule.Mirrors)
        {
            if (mirror.Destination is null)
            {
                findings.Error(mirror, "destination", "A destination is required for mirrors.");
                continue;
            }
            DestinationRules.Check(findings, mirror.Destination);
            ScalarRules.CheckMirrorPercentage(findings, mirror, "percentage", mirror.Percentage);
        }
    }

    private static void CheckMirrorPercent(Findings findings, HttpRoute rule, string field, uint? percent)
    {
        if (percent is null)
            return;
        if (percent > 100)
            findings.Error(rule, field, $"{field} must have a max value of 100; it is {percent}.");
        findings.Warning(rule, field, $"The setting \"{field}\" is deprecated; use \"mirrorPercentage\" instead.");
    }

    private static bool HasUriMatchOtherThanPrefix(HttpRoute rule)
    {
        foreach (HttpMatchRequest match in rule.Match)
        {
            if (match.Uri is { Prefix: null })
                return true;
        }
        return false;
    }

    private static int DecodedLength(string? base64)
    {
        if (base64 is null)
            return 0;
        byte[] buffer = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, buffer, out int length) ? length : 0;
    }
}
