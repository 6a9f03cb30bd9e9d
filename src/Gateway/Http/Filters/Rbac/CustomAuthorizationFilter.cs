namespace Gateway.Http.Filters.Rbac;

/// <summary>
/// The place of CUSTOM policies: before tokens are looked at. No provider can be asked yet, so what their rules match is
/// denied, as Istio does when a provider is unknown.
/// </summary>
internal sealed class CustomAuthorizationFilter(RbacEngine rules, RbacStats stats, Random random) : HttpFilter
{
    /// <summary>What Istio appends to the name of a rule whose provider cannot be asked.</summary>
    public const string Suffix = "-deny-due-to-bad-CUSTOM-action";

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        RbacInput input = RbacFilter.InputOf(request);
        RbacRule? rule = rules.Find(input);
        input.End();
        if (rule is null)
            return ValueTask.FromResult(FilterResult.Continue);
        stats.Count(denied: true);
        // The route's response headers stand in this answer too.
        RouteChoice.Choose(request, random);
        return RbacFilter.DenyAsync(request, rule.Name);
    }
}
