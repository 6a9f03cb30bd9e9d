using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Validation;

/// <summary>The conditions of an HTTP rule.</summary>
internal static class HttpMatchValidator
{
    /// <summary>Checks one entry of <c>match</c>.</summary>
    public static void Check(Findings findings, HttpMatchRequest match)
    {
        foreach (KeyValuePair<string, StringMatch> header in match.Headers)
        {
            CheckHeaderName(findings, match, "headers", header.Key);
            // An empty object asks for presence, nothing at all is a slip; the other maps of matches let it pass.
            if (match.Node["headers"]?[header.Key] is { Kind: ConfigNodeKind.Null })
                findings.ErrorAtKey(match, "headers", header.Key, $"The header match {header.Key} cannot be null; write {{}} for a header that must be present.");
            CheckMapped(findings, header.Value, "headers", warn: true);
        }
        foreach (KeyValuePair<string, StringMatch> header in match.WithoutHeaders)
        {
            CheckHeaderName(findings, match, "withoutHeaders", header.Key);
            CheckMapped(findings, header.Value, "withoutHeaders", warn: false);
        }
        StringMatchRules.CheckRegex(findings, match.Uri, "uri");
        StringMatchRules.Check(findings, match.Scheme, "scheme");
        StringMatchRules.Check(findings, match.Method, "method");
        StringMatchRules.Check(findings, match.Authority, "authority");
        foreach (KeyValuePair<string, StringMatch> parameter in match.QueryParams)
            CheckMapped(findings, parameter.Value, "queryParams", warn: true);

        if (match.Port is { } port and not 0 && AddressRules.PortFault(port) is { } portFault)
            findings.Error(match, "port", portFault);
        LabelRules.Check(findings, match, "sourceLabels", match.SourceLabels);
        GatewayNameRules.Check(findings, match, match.Gateways, warn: false);
        if (!string.IsNullOrEmpty(match.SourceNamespace) && !LabelRules.IsDnsLabel(match.SourceNamespace))
            findings.Error(match, "sourceNamespace", $"The sourceNamespace match \"{match.SourceNamespace}\" is invalid: it is no DNS label.");
    }

    /// <summary>Claims are known at a gateway only, where tokens are checked before routes are chosen.</summary>
    public static void CheckNoJwtClaims(Findings findings, HttpMatchRequest match)
    {
        foreach (KeyValuePair<string, StringMatch> header in match.Headers)
            CheckNoJwtClaim(findings, match, "headers", header.Key);
        foreach (KeyValuePair<string, StringMatch> header in match.WithoutHeaders)
            CheckNoJwtClaim(findings, match, "withoutHeaders", header.Key);
    }

    private static void CheckNoJwtClaim(Findings findings, HttpMatchRequest match, string field, string name)
    {
        if (HeaderNameRules.IsJwtClaim(name))
            findings.ErrorAtKey(match, field, name, $"JWT claim based routing (key: {name}) is only supported for gateway: the virtual service must be bound to gateways alone.");
    }

    /// <summary>
    /// In the maps <c>*</c> means "present" to Istio's control plane, though it is no RE2 pattern. Its admission webhook
    /// lets that pass in <c>withoutHeaders</c> alone.
    /// </summary>
    private static void CheckMapped(Findings findings, StringMatch? match, string subject, bool warn)
    {
        if (match?.Regex != "*")
            StringMatchRules.Check(findings, match, subject);
        else if (warn)
            findings.Warning(match, "regex", $"The regex \"*\" of a {subject} match is not valid in RE2 syntax; it is taken as \"present\", for which {{}} should be written.");
    }

    private static void CheckHeaderName(Findings findings, HttpMatchRequest match, string field, string name)
    {
        if (HeaderNameRules.ForMatch(name) is { } fault)
            findings.ErrorAtKey(match, field, name, fault);
    }
}
