using System.Buffers;
using System.Globalization;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The values that rules of an AuthorizationPolicy compare with.</summary>
internal static class PolicyValueRules
{
    private const int MaxServiceAccounts = 16;
    private const int MaxServiceAccountLength = 320;

    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()+,;:@=");

    /// <summary>Texts must not be empty.</summary>
    public static void CheckNotEmpty(Findings findings, SpecRecord at, string field, EquatableArray<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i].Length == 0)
                findings.Error(at, field, i, $"An empty value is not allowed in {field}.");
        }
    }

    /// <summary>IP addresses and ranges.</summary>
    public static void CheckAddresses(Findings findings, SpecRecord at, string field, EquatableArray<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (AddressRules.SubnetFault(values[i]) is { } fault)
                findings.Error(at, field, i, fault);
        }
    }

    /// <summary>Port numbers from 0 on.</summary>
    public static void CheckPorts(Findings findings, SpecRecord at, string field, EquatableArray<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (!ushort.TryParse(values[i], NumberStyles.None, CultureInfo.InvariantCulture, out _))
                findings.Error(at, field, i, $"Bad port \"{values[i]}\": it must be in the range 0..65535.");
        }
    }

    /// <summary>Service accounts, with or without their namespace.</summary>
    public static void CheckServiceAccounts(Findings findings, SpecRecord at, string field, EquatableArray<string> values)
    {
        if (values.Count > MaxServiceAccounts)
            findings.Error(at, field, $"{field} may not have more than {MaxServiceAccounts} values.");
        for (int i = 0; i < values.Count; i++)
        {
            string value = values[i];
            string[] parts = value.Split('/');
            if (value.Length > MaxServiceAccountLength)
                findings.Error(at, field, i, $"A value cannot exceed {MaxServiceAccountLength} characters.");
            else if (value.Contains('*', StringComparison.Ordinal))
                findings.Error(at, field, i, $"A wildcard is not allowed in {field}.");
            else if (parts.Length > 2 || parts.Any(part => part.Length == 0))
                findings.Error(at, field, i, $"Expected the format serviceAccount or namespace/serviceAccount, found \"{value}\".");
        }
    }

    /// <summary>Trust domains: one wildcard, at the beginning or the end.</summary>
    public static void CheckTrustDomains(Findings findings, SpecRecord at, string field, EquatableArray<string> values, bool mayHaveSlash)
    {
        CheckNotEmpty(findings, at, field, values);
        for (int i = 0; i < values.Count; i++)
        {
            string value = values[i];
            int wildcards = value.AsSpan().Count('*');
            if (wildcards > 1)
                findings.Error(at, field, i, $"At most one wildcard is allowed in {field}: \"{value}\".");
            else if (wildcards == 1 && value[0] != '*' && value[^1] != '*')
                findings.Error(at, field, i, $"A wildcard is only allowed at the start or end in {field}: \"{value}\".");
            if (!mayHaveSlash && value.Contains('/', StringComparison.Ordinal))
                findings.Error(at, field, i, $"A trust domain must not contain '/': \"{value}\".");
        }
    }

    /// <summary>Paths, with or without templates.</summary>
    public static void CheckPaths(Findings findings, SpecRecord at, string field, EquatableArray<string> values)
    {
        CheckNotEmpty(findings, at, field, values);
        for (int i = 0; i < values.Count; i++)
        {
            if (TemplateFault(values[i]) is { } fault)
                findings.Error(at, field, i, $"Invalid or unsupported path \"{values[i]}\": {fault}");
        }
    }

    /// <summary>A condition: its key and the values that the key allows.</summary>
    public static void CheckCondition(Findings findings, RuleCondition condition)
    {
        if (condition.Key.Length == 0)
        {
            findings.Error(condition, condition.Node["key"] is null ? "" : "key", "The key of a condition must not be empty.");
            return;
        }
        if (condition.Values.IsEmpty && condition.NotValues.IsEmpty)
        {
            findings.Error(condition, "", $"At least one of values or notValues must be set for the key {condition.Key}.");
            return;
        }
        if (KeyFault(condition.Key) is { } fault)
            findings.Error(condition, "key", fault);
        CheckValues(findings, condition, "values", condition.Values);
        CheckValues(findings, condition, "notValues", condition.NotValues);
    }

    private static void CheckValues(Findings findings, RuleCondition condition, string field, EquatableArray<string> values)
    {
        switch (condition.Key)
        {
            case "source.ip" or "remote.ip" or "destination.ip":
                CheckAddresses(findings, condition, field, values);
                break;
            case "destination.port":
                CheckPorts(findings, condition, field, values);
                break;
            case "source.serviceAccount":
                CheckServiceAccounts(findings, condition, field, values);
                break;
            case "source.trustDomain":
                CheckTrustDomains(findings, condition, field, values, mayHaveSlash: true);
                break;
            default:
                CheckNotEmpty(findings, condition, field, values);
                break;
        }
    }

    private static string? KeyFault(string key)
    {
        if (key is "source.ip" or "remote.ip" or "source.namespace" or "source.serviceAccount" or "source.principal" or "source.trustDomain"
            or "request.auth.principal" or "request.auth.audiences" or "request.auth.presenter"
            or "destination.ip" or "destination.port" or "connection.sni")
        {
            return null;
        }
        if (key.StartsWith("request.headers", StringComparison.Ordinal) || key.StartsWith("request.auth.claims", StringComparison.Ordinal)
            || key.StartsWith("experimental.envoy.filters.", StringComparison.Ordinal))
        {
            int open = key.IndexOf('[', StringComparison.Ordinal);
            return key[^1] == ']' && open > 0 && open < key.Length - 2 ? null : $"Bad key ({key}): it should have the format a[b].";
        }
        if (key == "destination.namespace")
            return "The attribute destination.namespace is replaced by metadata.namespace.";
        if (key.StartsWith("destination.labels", StringComparison.Ordinal))
            return $"The attribute {key} is replaced by the workload selector.";
        return key is "destination.name" or "destination.user" ? $"The attribute {key} is deprecated and not supported." : $"Unknown attribute: {key}.";
    }

    private static string? TemplateFault(string path)
    {
        bool isTemplate = path.Contains("{*}", StringComparison.Ordinal) || path.Contains("{**}", StringComparison.Ordinal);
        bool hasRest = false;
        foreach (string segment in path.Trim('/').Split('/'))
        {
            if (segment is "{*}" or "{**}")
            {
                if (hasRest)
                    return "{**} is not the last operator.";
                hasRest = segment == "{**}";
                continue;
            }
            if (segment.AsSpan().ContainsAny('{', '}'))
                return "it contains '{' or '}' beyond a supported path template.";
            if (isTemplate && (segment.Length == 0 || segment.AsSpan().ContainsAnyExcept(PathCharacters)))
                return $"it contains the segment \"{segment}\" with an invalid string literal.";
        }
        return null;
    }
}
