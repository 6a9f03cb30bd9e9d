using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>One HTTP rule of a VirtualService.</summary>
internal static class HttpRouteValidator
{
    /// <summary>Checks a rule.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="inDelegate">The VirtualService has no hosts: others delegate to it.</param>
    /// <param name="fromGatewayApi">Converted from the Kubernetes Gateway API.</param>
    public static void Check(Findings findings, HttpRoute rule, bool inDelegate, bool fromGatewayApi)
    {
        if (rule.Delegate is not null && !inDelegate)
            CheckRoot(findings, rule);
        else
            CheckActions(findings, rule, inDelegate);

        foreach (HttpMatchRequest match in rule.Match)
            HttpMatchValidator.Check(findings, match);
        HeaderOperationRules.Check(findings, rule.Headers);
        HeaderOperationRules.CheckAuthoritySetOnce(findings, rule);
        CorsRules.Check(findings, rule.CorsPolicy);
        FaultRules.Check(findings, rule.Fault);
        HttpActionRules.CheckMirrors(findings, rule);
        HttpActionRules.CheckRedirect(findings, rule);
        HttpActionRules.CheckDirectResponse(findings, rule.DirectResponse);
        RetryRules.Check(findings, rule.Retries);
        HttpActionRules.CheckRewrite(findings, rule.Rewrite);
        DestinationRules.CheckHttp(findings, rule, fromGatewayApi);
        // Istio's control plane takes 0 as "no limit", its admission webhook refuses it.
        if (rule.Timeout == TimeSpan.Zero)
            findings.Warning(rule, "timeout", "A timeout of 0s means that there is none, which is the default; it should be left out.");
        else
            ScalarRules.CheckDuration(findings, rule, "timeout", rule.Timeout);
    }

    // What a delegating rule does is said by the delegate.
    private static void CheckRoot(Findings findings, HttpRoute rule)
    {
        if (rule.Redirect is not null)
            findings.Error(rule, "redirect", "A root HTTP route (one with a delegate) must not specify redirect.");
        if (!rule.Route.IsEmpty)
            findings.Error(rule, "route", "A root HTTP route (one with a delegate) must not specify route.");
    }

    private static void CheckActions(Findings findings, HttpRoute rule, bool inDelegate)
    {
        if (inDelegate && rule.Delegate is not null)
            findings.Error(rule, "delegate", "A delegate HTTP route cannot contain delegate.");

        if (rule.Redirect is not null)
        {
            Exclude(findings, rule, "redirect", !rule.Route.IsEmpty, "route");
            Exclude(findings, rule, "redirect", rule.Fault is not null, "fault");
            Exclude(findings, rule, "redirect", rule.Rewrite is not null, "rewrite");
            Exclude(findings, rule, "redirect", rule.DirectResponse is not null, "directResponse");
        }
        else if (rule.DirectResponse is not null)
        {
            Exclude(findings, rule, "directResponse", !rule.Route.IsEmpty, "route");
            Exclude(findings, rule, "directResponse", rule.Fault is not null, "fault");
            Exclude(findings, rule, "directResponse", rule.Rewrite is not null, "rewrite");
        }
        else if (rule.Route.IsEmpty)
        {
            findings.Error(rule, "", "One of route, redirect or directResponse is required in an HTTP route.");
        }

        if (rule.Mirror is not null && !rule.Mirrors.IsEmpty)
            findings.Error(rule, "mirrors", "An HTTP route cannot contain both mirror and mirrors.");
    }

    private static void Exclude(Findings findings, HttpRoute rule, string action, bool isThere, string other)
    {
        if (isThere)
            findings.Error(rule, other, $"An HTTP route cannot contain both {other} and {action}.");
    }
}
