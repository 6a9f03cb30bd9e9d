using System.Collections.Immutable;
using Gateway.Http.Filters.ExtAuthz;
using Gateway.Http.Filters.JwtAuthn;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Http.Filters.Rbac;
using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters;

/// <summary>
/// The order in which filters see a request, as in Istio: (ACME's challenges, which are ours,) CUSTOM policies, tokens; route; AUDIT, DENY and ALLOW policies;
/// faults, CORS, rate limits, the router. A new filter is a class and a line here.
/// </summary>
/// <param name="router">The end of the chain.</param>
/// <param name="random">Draws destinations and faults.</param>
/// <param name="rbacStats">Counts decisions of policies.</param>
/// <param name="extAuthzStats">Counts answers of external authorization services.</param>
/// <param name="jwtStats">Counts decisions about tokens.</param>
/// <param name="challenges">Answers to challenges.</param>
/// <param name="loggers">For dry runs.</param>
internal sealed class FilterOrder(HttpFilter router, Random random, RbacStats rbacStats, ExtAuthzStats extAuthzStats, JwtStats jwtStats, ChallengeStore challenges, ILoggerFactory loggers)
{
    private readonly ImmutableArray<HttpFilter> _forwarding = [new FaultFilter(random), new CorsFilter()];
    private readonly ILogger _logger = loggers.CreateLogger<RbacFilter>();

    /// <summary>The filters of a snapshot; what is not configured is not there.</summary>
    public SnapshotFilters Build(JwtVerifier? tokens, RbacConfig? policies, LinkedRateLimits? limits, bool answersChallenges = false)
    {
        var authentication = ImmutableArray.CreateBuilder<HttpFilter>();
        ImmutableArray<HttpFilter> forwarding = _forwarding;
        if (answersChallenges)
            authentication.Add(new AcmeChallengeFilter(challenges));
        if (policies?.Http.Custom is { Count: > 0 } custom)
        {
            authentication.Add(new ExtAuthzFilter(custom, rbacStats, extAuthzStats, random));
            forwarding = [new AuthorizedResponse(), .. forwarding];
        }
        if (tokens is not null)
            authentication.Add(new JwtAuthnFilter(tokens, jwtStats, random));
        var authorization = ImmutableArray.CreateBuilder<HttpFilter>();
        if (policies is { Http.HasAuthorization: true })
            authorization.Add(new RbacFilter(policies.Http, rbacStats, _logger));
        if (limits is not null)
        {
            authorization.Add(new LocalRateLimitFilter(limits, forwards: false, random));
            forwarding = forwarding.Add(new LocalRateLimitFilter(limits, forwards: true, random));
        }
        return new SnapshotFilters
        {
            Authentication = authentication.ToImmutable(),
            Authorization = authorization.ToImmutable(),
            Forwarding = forwarding.Add(router),
            Network = policies is null ? null : new NetworkRbac(policies.Tcp, rbacStats, extAuthzStats, _logger),
        };
    }
}
