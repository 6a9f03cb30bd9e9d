using System.Net;
using Gateway.Http.Filters.Rbac;
using Gateway.Streams;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>
/// CUSTOM policies: before tokens are looked at, asks the service of each provider one of whose rules matches, in the
/// order of the providers' names. All must allow. What matches a provider that cannot be used is denied.
/// </summary>
internal sealed class ExtAuthzFilter(IReadOnlyList<CustomRules> providers, RbacStats policies, ExtAuthzStats stats, Random random) : HttpFilter
{
    /// <summary>What Istio appends to the name of a rule whose provider cannot be asked.</summary>
    public const string Suffix = "-deny-due-to-bad-CUSTOM-action";

    // Envoy's limit for streams on which nothing moves.
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromMinutes(5);

    public override ValueTask<FilterResult> OnRequestAsync(RequestContext request)
    {
        for (int i = 0; i < providers.Count; i++)
        {
            if (Find(request, providers[i]) is { } rule)
                return AskAsync(request, i, rule);
        }
        return ValueTask.FromResult(FilterResult.Continue);
    }

    /// <summary>The rule that matches; each provider sees what those before it have changed.</summary>
    private static RbacRule? Find(RequestContext request, CustomRules provider)
    {
        RbacInput input = RbacFilter.InputOf(request);
        RbacRule? rule = provider.Rules.Find(input);
        input.End();
        return rule;
    }

    private async ValueTask<FilterResult> AskAsync(RequestContext request, int first, RbacRule? rule)
    {
        for (int i = first; i < providers.Count; i++)
        {
            CustomRules provider = providers[i];
            rule = i == first ? rule : Find(request, provider);
            if (rule is null)
                continue;
            if (provider.Service is not { } service)
            {
                policies.Count(denied: true);
                // The route's response headers stand in this answer too.
                RouteChoice.Choose(request, random);
                return await RbacFilter.DenyAsync(request, rule.Name);
            }
            if (!await AskAsync(request, service))
                return FilterResult.Answered;
        }
        return FilterResult.Continue;
    }

    /// <returns>Whether the request goes on; else it was answered.</returns>
    private async Task<bool> AskAsync(RequestContext request, ExtAuthzConfig service)
    {
        CheckedBody? body;
        try
        {
            body = await ReadBodyAsync(request, service);
        }
        catch (OperationCanceledException) when (!request.Http.RequestAborted.IsCancellationRequested)
        {
            await LocalReply.SendAsync(request, StatusCodes.Status408RequestTimeout, "stream timeout", ResponseFlags.StreamIdleTimeout, "stream_idle_timeout", close: true);
            return false;
        }
        if (body is null)
        {
            RouteChoice.Choose(request, random);
            await LocalReply.SendAsync(request, StatusCodes.Status413PayloadTooLarge, "Payload Too Large", ResponseFlags.None, "request_payload_too_large");
            return false;
        }
        AuthorizationAnswer answer = await (service.IsGrpc ? GrpcAuthorization.AskAsync(request, service, body.Value) : HttpAuthorization.AskAsync(request, service, body.Value));
        if (!RequestChanges.IsClean(answer))
            answer = AuthorizationAnswer.Failed;
        stats.Count(answer.Verdict, service.FailsOpen);
        switch (answer.Verdict)
        {
            case AuthorizationVerdict.Allowed:
                RequestChanges.Apply(answer, request);
                if (answer.ResponseHeaders.Count > 0)
                {
                    if (request.AuthorizedResponse is List<HeaderChange> before)
                        before.AddRange(answer.ResponseHeaders);
                    else
                        request.AuthorizedResponse = answer.ResponseHeaders;
                }
                return true;
            case AuthorizationVerdict.Error when service.FailsOpen:
                return true;
            default:
                await DenyAsync(request, service, answer, body.Value);
                return false;
        }
    }

    private async ValueTask DenyAsync(RequestContext request, ExtAuthzConfig service, AuthorizationAnswer answer, CheckedBody body)
    {
        if (body.IsSent && !body.IsPartial)
            request.NoteReceived(body.Bytes.Length, ended: true);
        RouteChoice.Choose(request, random);
        bool isError = answer.Verdict == AuthorizationVerdict.Error;
        var headers = new HeaderDictionary();
        foreach (HeaderChange header in answer.DenialHeaders)
        {
            if (!RequestChanges.IsFixed(header.Name))
                headers[header.Name] = StringValues.Concat(headers[header.Name], header.Value);
        }
        int status = answer.Status == 0 ? service.StatusOnError : answer.Status;
        // No body may come with these, whatever the service sent.
        ReadOnlyMemory<byte> text = status is (int)HttpStatusCode.NoContent or (int)HttpStatusCode.ResetContent or (int)HttpStatusCode.NotModified ? default : answer.Body;
        await LocalReply.SendDenialAsync(request, status, text, isError ? "ext_authz_error" : "ext_authz_denied", headers);
    }

    /// <summary>As much of the body as the provider wants to see, which stays there for the upstream; null = it is too large.</summary>
    private static async ValueTask<CheckedBody?> ReadBodyAsync(RequestContext request, ExtAuthzConfig service)
    {
        int max = service.MaxBodyBytes;
        // What changes protocols has no body that would end.
        if (max == 0 || request.Upgrade is not null || HttpMethods.IsConnect(request.Method))
            return new CheckedBody(false, default, false);
        if (!request.HasBody)
            return new CheckedBody(false, default, false);
        if (!service.AllowsPartialBody && request.Http.Request.ContentLength > max)
            return null;
        using var deadline = new CancellationTokenSource(BodyTimeout, request.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, request.Http.RequestAborted);
        // One more byte tells whether there is more.
        ReadOnlyMemory<byte> bytes = await request.PeekBodyAsync(max + 1, either.Token);
        bool isPartial = bytes.Length > max;
        if (isPartial && !service.AllowsPartialBody)
            return null;
        return new CheckedBody(true, isPartial ? bytes[..max] : bytes, isPartial);
    }
}
