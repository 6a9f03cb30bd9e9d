using Gateway.Streams;
using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters.Rbac;

/// <summary>Asks AUDIT, DENY and ALLOW policies, in this order, once the route is known.</summary>
internal sealed partial class RbacFilter(RbacRules rules, RbacStats stats, ILogger logger) : HttpFilter
{
    /// <summary>Body of every denial.</summary>
    public const string Body = "RBAC: access denied";

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        RbacInput input = InputOf(request);
        if (rules.Audit?.Find(input) is not null)
            stats.CountAudited();
        if (rules.ShadowDeny is not null || rules.ShadowAllow is not null)
            AskShadow(input);
        string? denied = rules.Denied(input);
        input.End();
        stats.Count(denied is not null);
        return denied is null ? ValueTask.FromResult(FilterResult.Continue) : DenyAsync(request, denied);
    }

    /// <summary>Envoy's details of a denial.</summary>
    public static string Details(string rule) => $"rbac_access_denied_matched_policy[{rule}]";

    /// <summary>The context's own view of its requests, made with its first one.</summary>
    public static RbacInput InputOf(RequestContext request)
    {
        var input = request.AuthorizationState as RbacInput;
        if (input is null)
            request.AuthorizationState = input = new RbacInput();
        input.Begin(request);
        return input;
    }

    /// <summary>Answers 403.</summary>
    public static async ValueTask<FilterResult> DenyAsync(RequestContext request, string rule)
    {
        await LocalReply.SendAsync(request, 403, Body, ResponseFlags.None, Details(rule));
        return FilterResult.Answered;
    }

    private void AskShadow(RbacInput input)
    {
        string? deny = rules.ShadowDenial(input);
        stats.CountShadow(deny is not null);
        if (deny is not null)
            LogShadow(logger, deny, input.Method, input.Authority, input.Path);
    }

    [LoggerMessage(LogLevel.Information, "Dry run: {Method} {Authority}{Path} would be denied, matched policy {Rule}.")]
    private static partial void LogShadow(ILogger logger, string rule, string method, string authority, string path);
}
