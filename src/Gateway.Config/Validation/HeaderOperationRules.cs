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

    /// <summary>A route may set the authority once only, by rewrite or by header.</summary>
    public static void CheckAuthoritySetOnce(Findings findings, HttpRoute route)
    {
        if (route.Headers?.Request is not { } request)
            return;
        bool isSet = !string.IsNullOrEmpty(route.Rewrite?.Authority);
        _ = SetsAgain(findings, request, "set", request.Set, ref isSet) || SetsAgain(findings, request, "add", request.Add, ref isSet);
    }

    private static bool SetsAgain(Findings findings, HeaderOperationsSpec at, string field, EquatableMap<string> headers, ref bool isSet)
    {
        foreach (KeyValuePair<string, string> header in headers)
        {
            if (!HeaderNameRules.IsAuthority(header.Key))
                continue;
            if (isSet)
            {
                findings.ErrorAtKey(at, field, header.Key, "The authority header cannot be set multiple times.");
                return true;
            }
            isSet = header.Value.Length > 0;
        }
        return false;
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
