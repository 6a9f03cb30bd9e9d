using Gateway.Http.Filters.ExtAuthz;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.Rbac;
using Gateway.Matching;
using Microsoft.AspNetCore.Http;

namespace Gateway.Snapshot.Explanation;

/// <summary>What a step of authentication or authorization said.</summary>
/// <param name="Step"><c>token</c>, <c>CUSTOM</c>, <c>AUDIT</c>, <c>DENY</c>, <c>ALLOW</c> or one of them under dry-run.</param>
/// <param name="Verdict">One sentence, without the token.</param>
/// <param name="Misses">Rules that did not match, each with the condition that failed.</param>
internal sealed record SecurityStep(string Step, string Verdict, IReadOnlyList<RbacMiss> Misses);

/// <summary>An answer that a policy makes.</summary>
internal sealed record SecurityDenial(int Status, string Body, string Details);

/// <summary>
/// Asks the policies about a described request: the code of the data plane with a recorder. Keys are those written in the
/// policies; none are fetched.
/// </summary>
internal sealed class SecurityExplainer(SecurityConfig security)
{
    private const int MaxMisses = 20;
    private const string Unusable = "its provider cannot be asked, so it is denied";

    private readonly List<SecurityStep> _steps = [];

    /// <summary>What was said so far.</summary>
    public IReadOnlyList<SecurityStep> Steps => _steps;

    /// <summary>CUSTOM policies.</summary>
    public SecurityDenial? AskCustom(RbacInput input)
    {
        foreach (CustomRules custom in security.Rbac?.Http.Custom ?? [])
        {
            bool isAsked = custom.Service is not null;
            if (Ask("CUSTOM", custom.Rules, input, isAsked ? Asked(custom) : Unusable, "no rule matches") is { } rule && !isAsked)
                return Denied(rule.Name);
        }
        return null;
    }

    /// <summary>Tokens. Changes the headers to what goes on.</summary>
    public SecurityDenial? AskTokens(string method, IHeaderDictionary headers, ref string query, out ClaimValue? claims)
    {
        claims = null;
        if (security.Jwt.IsEmpty)
            return null;
        var verifier = new JwtVerifier([.. security.Jwt.Select(rule => new JwtProvider(rule, rule.Keys.Inline is { } inline ? JwtRegistry.Inline(inline) : FixedJwks.None))]);
        verifier.Sanitize(headers);
        if (JwtVerifier.IsPreflight(method, headers))
        {
            _steps.Add(new SecurityStep("token", "not looked at: the request is a CORS preflight", []));
            return null;
        }
        ValueTask<JwtOutcome> verification = verifier.VerifyAsync(headers, query, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), CancellationToken.None);
        // With keys at hand nothing is waited for.
        JwtOutcome outcome = verification.IsCompletedSuccessfully ? verification.Result : throw new InvalidOperationException("Keys were waited for.");
        string hint = outcome.Failure == JwtStatus.FetchFailed ? " (keys that must be fetched are not fetched by explain)" : "";
        _steps.Add(new SecurityStep("token", outcome switch
        {
            { Failure: { } failure } => $"refused: {failure.Text}{hint}",
            { Rule: { } rule } => $"valid by {rule.Policy}, issuer \"{rule.Issuer}\"",
            _ => "none is sent; the request passes without claims",
        }, []));
        query = outcome.Query;
        claims = outcome.Claims;
        return outcome.Failure is { } refused ? new SecurityDenial(refused.Code, refused.Text, refused.Details) : null;
    }

    /// <summary>AUDIT, DENY and ALLOW policies, and those under dry-run.</summary>
    public SecurityDenial? AskPolicies(RbacInput input) => security.Rbac is { } rbac ? AskPolicies(rbac.Http, input) : null;

    /// <summary>All policies, about a connection without HTTP that can be seen.</summary>
    public SecurityDenial? AskConnection(RbacInput input)
    {
        if (security.Rbac is not { } rbac)
            return null;
        foreach (CustomRules custom in rbac.Tcp.Custom)
        {
            if (custom.Service is { IsGrpc: false })
            {
                _steps.Add(new SecurityStep("CUSTOM", $"the provider {custom.Provider} speaks HTTP and is not asked about connections", []));
                continue;
            }
            bool isAsked = custom.Service is not null;
            if (Ask("CUSTOM", custom.Rules, input, isAsked ? Asked(custom) : Unusable, "no rule matches") is { } rule && !isAsked)
                return Denied(rule.Name);
        }
        return AskPolicies(rbac.Tcp, input);
    }

    private SecurityDenial? AskPolicies(RbacRules rules, RbacInput input)
    {
        if (rules.Audit is { } audit)
            Ask("AUDIT", audit, input, "it is audited", "no rule matches");
        if (rules.ShadowDeny is { } shadowDeny)
            Ask("DENY (dry run)", shadowDeny, input, "it would be denied", "no rule matches");
        if (rules.ShadowAllow is { } shadowAllow)
            Ask("ALLOW (dry run)", shadowAllow, input, "it would be allowed", "no rule matches: it would be denied");
        foreach (RbacEngine deny in rules.Deny)
        {
            if (Ask("DENY", deny, input, "it is denied", "no rule matches") is { } rule)
                return Denied(rule.Name);
        }
        if (rules.Allow is { } allow && Ask("ALLOW", allow, input, "it is allowed", "no rule matches: it is denied") is null)
            return Denied(RbacRules.NoRule);
        return null;
    }

    private static string Asked(CustomRules custom) => $"the provider {custom.Provider} is asked; explain asks nobody and goes on as if it had allowed";

    private static SecurityDenial Denied(string rule) => new(403, RbacFilter.Body, RbacFilter.Details(rule));

    private RbacRule? Ask(string step, RbacEngine engine, RbacInput input, string ifMatched, string ifNot)
    {
        var misses = new List<RbacMiss>();
        RbacRule? rule = engine.Find(input, misses);
        _steps.Add(new SecurityStep(
            step,
            rule is null ? ifNot : $"{rule.Name} matches: {ifMatched}",
            [.. misses.Take(MaxMisses).Select(miss => miss with { FailedCondition = SecretText.Show(miss.FailedCondition) })]));
        return rule;
    }
}
