using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Asks a service that speaks HTTP: it gets method, path, host and chosen headers, and its status decides.</summary>
internal static class HttpAuthorization
{
    private const string HeadersToRemove = "x-envoy-auth-headers-to-remove";

    /// <summary>Asks.</summary>
    public static async Task<AuthorizationAnswer> AskAsync(RequestContext request, ExtAuthzConfig service, CheckedBody body)
    {
        // A tunnel has no path that could be asked about.
        if (request.Path.Length == 0)
            return AuthorizationAnswer.Failed;
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), (Uri?)null);
        message.Content = new ReadOnlyMemoryContent(body.Bytes);
        message.Headers.TryAddWithoutValidation(HeaderNames.Host, request.Authority);
        foreach (KeyValuePair<string, StringValues> header in request.Headers)
        {
            if (IsCarried(header.Key) && (Is(header.Key, "authorization") || service.CheckedHeaders.Contains(header.Key)) && !IsAdditional(service, header.Key))
                Add(message, header.Key, header.Value.Count == 1 ? header.Value.ToString() : string.Join(',', header.Value.AsEnumerable()));
        }
        foreach (KeyValuePair<string, string> header in service.AdditionalHeaders)
        {
            if (IsCarried(header.Key))
                Add(message, header.Key, header.Value);
        }
        if (body.IsSent)
            message.Headers.TryAddWithoutValidation(CheckMessages.PartialBody, body.IsPartial ? "true" : "false");
        return await AuthorizationCall.SendAsync(CheckSubject.Of(request), service, message, service.PathPrefix + request.Path + request.Query, (response, answer) => Read(service, response, answer));
    }

    private static AuthorizationAnswer Read(ExtAuthzConfig service, HttpResponseMessage response, byte[] body)
    {
        int status = (int)response.StatusCode;
        if (status >= 500)
            return AuthorizationAnswer.Failed;
        if (status != 200)
        {
            var denial = new AuthorizationAnswer { Verdict = AuthorizationVerdict.Denied, Status = status, Body = body };
            Visit(response, (name, value) =>
            {
                if (service.ToDownstreamOnDeny is null || service.ToDownstreamOnDeny.Contains(name) || Is(name, "www-authenticate") || Is(name, HeaderNames.Location))
                    denial.DenialHeaders.Add(new HeaderChange(name, value, HeaderAction.Append));
            });
            return denial;
        }
        var answer = new AuthorizationAnswer { Verdict = AuthorizationVerdict.Allowed };
        Visit(response, (name, value) =>
        {
            if (Is(name, HeadersToRemove))
                answer.RemovedHeaders.AddRange(value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            if (service.ToUpstream.Contains(name))
                answer.RequestHeaders.Add(new HeaderChange(name, value, HeaderAction.Overwrite));
            if (service.ToDownstreamOnAllow.Contains(name))
                answer.ResponseHeaders.Add(new HeaderChange(name, value, HeaderAction.Append));
        });
        return answer;
    }

    private static void Visit(HttpResponseMessage response, Action<string, string> visit)
    {
        foreach (HttpHeaders headers in (HttpHeaders[])[response.Headers, response.Content.Headers])
        {
            foreach (KeyValuePair<string, HeaderStringValues> header in headers.NonValidated)
            {
                foreach (string value in header.Value)
                    visit(header.Key, value);
            }
        }
    }

    private static void Add(HttpRequestMessage message, string name, string value)
    {
        if (!message.Headers.TryAddWithoutValidation(name, value))
            message.Content!.Headers.TryAddWithoutValidation(name, value);
    }

    private static bool IsAdditional(ExtAuthzConfig service, string name)
    {
        foreach (KeyValuePair<string, string> header in service.AdditionalHeaders)
        {
            if (Is(header.Key, name))
                return true;
        }
        return false;
    }

    /// <summary>Not what belongs to the client's connection or the framing of its body.</summary>
    private static bool IsCarried(string name) => name.Length > 0 && name[0] != ':' && !RequestChanges.IsFixed(name)
        && !Is(name, HeaderNames.Expect) && !Is(name, HeaderNames.Te) && !Is(name, CheckMessages.PartialBody);

    private static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
