using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Validation;

/// <summary>An AuthorizationPolicy: its action and the shape of its rules; values stand in <see cref="PolicyValueRules"/>.</summary>
internal static class AuthorizationPolicyValidator
{
    private const string DryRun = "istio.io/dry-run";

    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, AuthorizationPolicySpec spec)
    {
        PolicyTargetRules.Check(findings, spec, spec);
        CheckDryRun(findings, spec.Action);
        bool hasRules = spec.Node["rules"] is { Kind: not ConfigNodeKind.Null };
        if (spec.Action == AuthorizationAction.Custom)
            CheckCustom(findings, spec, hasRules);
        else if (spec.Provider is not null)
            findings.Error(spec, "provider", "A provider must not be set with an action other than CUSTOM.");
        if (spec.Action == AuthorizationAction.Deny && !hasRules)
            findings.Error(spec, "", "The DENY action without rules is meaningless, as it will never be triggered; add an empty rule {} if it shall be for every request.");
        foreach (AuthorizationRule rule in spec.Rules)
            CheckRule(findings, rule, spec.Action);
    }

    private static void CheckDryRun(Findings findings, AuthorizationAction action)
    {
        if (!findings.Resource.Metadata.Annotations.TryGetValue(DryRun, out string? value))
            return;
        if (action is not (AuthorizationAction.Allow or AuthorizationAction.Deny))
            findings.AnnotationError(DryRun, $"The annotation {DryRun} supports only the actions ALLOW and DENY.");
        else if (!GoBoolean.TryParse(value, out _))
            findings.AnnotationError(DryRun, $"The annotation {DryRun} has the invalid value \"{value}\"; write \"true\" or \"false\".");
    }

    private static void CheckCustom(Findings findings, AuthorizationPolicySpec spec, bool hasRules)
    {
        if (!hasRules)
            findings.Error(spec, "", "The CUSTOM action without rules is meaningless, as it will never be triggered; add an empty rule {} if it shall be for every request.");
        else if (spec.Provider is not { Name.Length: > 0 })
            findings.Error(spec, spec.Provider is null ? "" : "provider.name", "provider.name must not be empty: write the name of an extension provider of the mesh settings.");
        foreach (AuthorizationRule rule in spec.Rules)
        {
            foreach (RuleFrom from in rule.From)
            {
                if (from.Source is not { } source)
                    continue;
                foreach ((string field, EquatableArray<string> values) in SourceLists(source))
                {
                    if (!values.IsEmpty && !field.EndsWith("pBlocks", StringComparison.Ordinal))
                        findings.Error(source, field, $"{field} is currently not supported with the CUSTOM action.");
                }
            }
            foreach (RuleCondition condition in rule.When)
            {
                if (condition.Key is "source.namespace" or "source.serviceAccount" or "source.trustDomain" or "source.principal"
                    || condition.Key.StartsWith("request.auth.", StringComparison.Ordinal))
                {
                    findings.Error(condition, "key", $"{condition.Key} is currently not supported with the CUSTOM action.");
                }
            }
        }
    }

    private static void CheckRule(Findings findings, AuthorizationRule rule, AuthorizationAction action)
    {
        CheckNotEmpty(findings, rule, "from");
        CheckNotEmpty(findings, rule, "to");
        bool hasSource = false;
        bool hasConnectionSource = false;
        foreach (RuleFrom from in rule.From)
        {
            if (from.Source is not { } source)
            {
                findings.Error(from, "", "from.source must not be empty or missing; leave from out if any source will do.");
                continue;
            }
            hasSource = true;
            hasConnectionSource |= CheckSource(findings, source);
        }
        bool hasOperation = false;
        bool hasPort = false;
        foreach (RuleTo to in rule.To)
        {
            if (to.Operation is not { } operation)
            {
                findings.Error(to, "", "to.operation must not be empty or missing; leave to out if any operation will do.");
                continue;
            }
            hasOperation = true;
            hasPort |= CheckOperation(findings, operation);
        }
        foreach (RuleCondition condition in rule.When)
            PolicyValueRules.CheckCondition(findings, condition);
        if (action == AuthorizationAction.Deny && ((hasSource && !hasOperation && !hasConnectionSource) || (hasOperation && !hasPort)))
        {
            findings.Warning(rule, "", "The rule denies all traffic to TCP ports under its scope, as it has only HTTP attributes; it is recommended to name the ports.");
        }
    }

    private static void CheckNotEmpty(Findings findings, AuthorizationRule rule, string list)
    {
        if (rule.Node[list] is { Kind: ConfigNodeKind.Sequence, Items.Count: 0 })
            findings.Error(rule, list, $"{list} must not be empty.");
    }

    /// <returns>Whether something is asked of the connection rather than of HTTP.</returns>
    private static bool CheckSource(Findings findings, RuleSource source)
    {
        bool any = false;
        bool ofConnection = false;
        foreach ((string field, EquatableArray<string> values) in SourceLists(source))
        {
            any |= !values.IsEmpty;
            ofConnection |= !values.IsEmpty && !field.EndsWith("equestPrincipals", StringComparison.Ordinal) && !field.EndsWith("rustDomains", StringComparison.Ordinal);
            if (field.EndsWith("pBlocks", StringComparison.Ordinal))
                PolicyValueRules.CheckAddresses(findings, source, field, values);
            else if (field.EndsWith("erviceAccounts", StringComparison.Ordinal))
                PolicyValueRules.CheckServiceAccounts(findings, source, field, values);
            else if (field.EndsWith("rustDomains", StringComparison.Ordinal))
                PolicyValueRules.CheckTrustDomains(findings, source, field, values, mayHaveSlash: false);
            else
                PolicyValueRules.CheckNotEmpty(findings, source, field, values);
        }
        if (!any)
            findings.Error(source, "", "from.source must not be empty.");
        if ((!source.ServiceAccounts.IsEmpty || !source.NotServiceAccounts.IsEmpty)
            && !(source.Principals.IsEmpty && source.NotPrincipals.IsEmpty && source.Namespaces.IsEmpty && source.NotNamespaces.IsEmpty))
        {
            findings.Error(source, "serviceAccounts", "Cannot set serviceAccounts with namespaces or principals.");
        }
        return ofConnection;
    }

    /// <returns>Whether ports are named.</returns>
    private static bool CheckOperation(Findings findings, RuleOperation operation)
    {
        bool any = false;
        foreach ((string field, EquatableArray<string> values) in (ReadOnlySpan<(string, EquatableArray<string>)>)
            [("hosts", operation.Hosts), ("notHosts", operation.NotHosts), ("methods", operation.Methods), ("notMethods", operation.NotMethods)])
        {
            any |= !values.IsEmpty;
            PolicyValueRules.CheckNotEmpty(findings, operation, field, values);
        }
        PolicyValueRules.CheckPorts(findings, operation, "ports", operation.Ports);
        PolicyValueRules.CheckPorts(findings, operation, "notPorts", operation.NotPorts);
        PolicyValueRules.CheckPaths(findings, operation, "paths", operation.Paths);
        PolicyValueRules.CheckPaths(findings, operation, "notPaths", operation.NotPaths);
        bool hasPorts = !operation.Ports.IsEmpty || !operation.NotPorts.IsEmpty;
        if (!any && !hasPorts && operation.Paths.IsEmpty && operation.NotPaths.IsEmpty)
            findings.Error(operation, "", "to.operation must not be empty.");
        return hasPorts;
    }

    private static (string Field, EquatableArray<string> Values)[] SourceLists(RuleSource source) =>
    [
        ("principals", source.Principals), ("notPrincipals", source.NotPrincipals),
        ("requestPrincipals", source.RequestPrincipals), ("notRequestPrincipals", source.NotRequestPrincipals),
        ("namespaces", source.Namespaces), ("notNamespaces", source.NotNamespaces),
        ("serviceAccounts", source.ServiceAccounts), ("notServiceAccounts", source.NotServiceAccounts),
        ("trustDomains", source.TrustDomains), ("notTrustDomains", source.NotTrustDomains),
        ("ipBlocks", source.IpBlocks), ("notIpBlocks", source.NotIpBlocks),
        ("remoteIpBlocks", source.RemoteIpBlocks), ("notRemoteIpBlocks", source.NotRemoteIpBlocks),
    ];
}
