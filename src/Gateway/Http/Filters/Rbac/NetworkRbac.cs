using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Http.Filters.ExtAuthz;
using Gateway.Streams;
using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters.Rbac;

/// <summary>Asks policies about connections that carry no HTTP that can be seen, in the order of <see cref="FilterOrder"/>.</summary>
internal sealed partial class NetworkRbac(RbacRules rules, RbacStats stats, ExtAuthzStats extAuthzStats, ILogger logger) : INetworkAuthorization
{
    /// <inheritdoc/>
    public async ValueTask<bool> AllowsAsync(StreamInfo info, ImmutableArray<Cluster> clusters, TimeProvider time)
    {
        DownstreamConnection connection = info.Connection!;
        var input = new RbacInput();
        input.Begin(connection);
        foreach (CustomRules custom in rules.Custom)
        {
            // Services that speak HTTP are not asked about connections, in Istio as well.
            if (custom.Service is { IsGrpc: false } || custom.Rules.Find(input) is not { } rule)
                continue;
            if (custom.Service is not { } service)
                return Deny(info, rule.Name);
            if (!await AskAsync(info, service, new CheckSubject(connection, clusters, UpstreamProtocol.Http2, time, connection.Closed)))
                return false;
        }
        if (rules.Audit?.Find(input) is not null)
            stats.CountAudited();
        if (rules.ShadowDeny is not null || rules.ShadowAllow is not null)
            AskShadow(input);
        if (rules.Denied(input) is { } denied)
            return Deny(info, denied);
        if (rules.HasAuthorization)
            stats.Count(denied: false);
        return true;
    }

    private bool Deny(StreamInfo info, string rule)
    {
        info.ConnectionTerminationDetails = RbacFilter.Details(rule);
        stats.Count(denied: true);
        return false;
    }

    private async ValueTask<bool> AskAsync(StreamInfo info, ExtAuthzConfig service, CheckSubject subject)
    {
        AuthorizationAnswer answer;
        try
        {
            answer = await GrpcAuthorization.AskAsync(subject, service);
        }
        catch (OperationCanceledException) when (subject.Departed.IsCancellationRequested)
        {
            return false;
        }
        extAuthzStats.Count(answer.Verdict, service.FailsOpen);
        if (answer.Verdict == AuthorizationVerdict.Allowed || (answer.Verdict == AuthorizationVerdict.Error && service.FailsOpen))
            return true;
        info.Flags |= ResponseFlags.UnauthorizedExternalService;
        info.ResponseCodeDetails = answer.Verdict == AuthorizationVerdict.Error ? "ext_authz_error" : "ext_authz_denied";
        return false;
    }

    private void AskShadow(RbacInput input)
    {
        string? deny = rules.ShadowDenial(input);
        stats.CountShadow(deny is not null);
        if (deny is not null)
            LogShadow(logger, input.Connection.RemoteIp, input.Connection.ListenerPort, deny);
    }

    [LoggerMessage(LogLevel.Information, "Dry run: a connection from {Address} to port {Port} would be denied, matched policy {Rule}.")]
    private static partial void LogShadow(ILogger logger, string address, int port, string rule);
}
