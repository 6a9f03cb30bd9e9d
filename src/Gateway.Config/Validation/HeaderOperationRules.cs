using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>What a route or destination does to headers.</summary>
internal static class HeaderOperationRules
{
    /// <summary>Checks names and values of all operations.</summary>
    public static void Check(Findings findings, HeaderRules? rules)
    {
        if (rules?.Request is { } request)
        {
            Entries(findings, request, "add", request.Add, HeaderNameRules.ForRequestChange);
            Entries(findings, request, "set", request.Set, HeaderNameRules.ForRequestChange);
            Removals(findings, request);
        }
        if (rules?.Response is { } response)
        {
            Entries(findings, response, "add", response.Add, HeaderNameRules.ForRemovalOrResponse);
            Entries(findings, response, "set", response.Set, HeaderNameRules.ForRemovalOrResponse);
            Removals(findings, response);
        }
    }

    /// <summary>
    /// A route may set the authority once only, by rewrite or by header. Istio's admission also refuses <c>set</c> with
    /// <c>add</c>, but what it does with such a route is known (<c>set</c> wins), so it is served with a warning.
    /// </summary>
    public static void CheckAuthoritySetOnce(Findings findings, HttpRoute route)
    {
        if (route.Headers?.Request is not { } request)
            return;
        string? set = AuthorityKey(request.Set);
        string? add = AuthorityKey(request.Add);
        if (!string.IsNullOrEmpty(route.Rewrite?.Authority) && (set ?? add) is { } key)
            findings.ErrorAtKey(request, set is null ? "add" : "set", key, "The authority header cannot be set multiple times.");
        else if (set is not null && add is not null)
            findings.Warning(request, "add", "The authority is set and added; what is set wins.");
    }

    private static string? AuthorityKey(EquatableMap<string> headers)
    {
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (HeaderNameRules.IsAuthority(header.Key) && header.Value.Length > 0)
                return header.Key;
        }
        return null;
    }

    private static void Entries(Findings findings, HeaderOperationsSpec at, string field, EquatableMap<string> headers, Func<string, string?> nameRule)
    {
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (nameRule(header.Key) is { } nameFault)
                findings.ErrorAtKey(at, field, header.Key, nameFault);
            if (HeaderValueRules.Fault(header.Value) is { } valueFault)
                findings.ErrorAtKey(at, field, header.Key, valueFault);
        }
    }

    private static void Removals(Findings findings, HeaderOperationsSpec at)
    {
        for (int i = 0; i < at.Remove.Count; i++)
        {
            if (HeaderNameRules.ForRemovalOrResponse(at.Remove[i]) is { } fault)
                findings.Error(at, "remove", i, fault);
        }
    }
}
