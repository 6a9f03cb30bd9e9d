using System.Globalization;
using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Http.Filters.Rbac;
using Gateway.Matching;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>Compiles one rule of an AuthorizationPolicy, as Istio turns it into Envoy's permissions and principals.</summary>
internal sealed class RuleCompiler(CompilationContext context, Resource<AuthorizationPolicySpec> policy)
{
    private readonly TrustDomains _trust = new(context.Config.Mesh.TrustDomain, context.Config.Mesh.TrustDomainAliases);

    /// <summary>The rule; null = it cannot be compiled, which has been reported.</summary>
    public CompiledRule? Compile(AuthorizationRule rule)
    {
        var permissions = new List<CompiledCondition>();
        var principals = new List<CompiledCondition>();
        foreach (RuleCondition when in rule.When)
        {
            bool isPermission = when.Key is "destination.ip" or "destination.port" or "connection.sni" || when.Key.StartsWith("experimental.", StringComparison.Ordinal);
            if (!AddCondition(isPermission ? permissions : principals, when))
                return null;
        }
        List<IReadOnlyList<CompiledCondition>> to = [.. rule.To.Select(one => Operation(one.Operation ?? new RuleOperation(), permissions))];
        List<IReadOnlyList<CompiledCondition>> from = [.. rule.From.Select(one => Source(one.Source ?? new RuleSource(), principals))];
        return new CompiledRule(to.Count > 0 ? to : [permissions], from.Count > 0 ? from : [principals]);
    }

    private static List<CompiledCondition> Operation(RuleOperation operation, List<CompiledCondition> more)
    {
        var conditions = new List<CompiledCondition>();
        Add(conditions, operation.Hosts, operation.NotHosts, true, (values, not) =>
            new TextCondition(RbacText.Host, [.. values.Select(value => TextPattern.Wildcard(value, ignoreCase: true, TextPatternKind.Present))]) { Attribute = "host", Negated = not });
        Add(conditions, operation.Methods, operation.NotMethods, true, (values, not) =>
            new TextCondition(RbacText.Method, [.. values.Select(value => TextPattern.Wildcard(value, any: TextPatternKind.Present))]) { Attribute = "method", Negated = not });
        Add(conditions, operation.Paths, operation.NotPaths, true, (values, not) =>
            new TextCondition(RbacText.Path, [.. values.Select(TextPattern.Path)]) { Attribute = "path", Negated = not });
        Add(conditions, operation.Ports, operation.NotPorts, false, (values, not) => Ports(values, "port", not));
        conditions.AddRange(more);
        return conditions;
    }

    private List<CompiledCondition> Source(RuleSource source, List<CompiledCondition> more)
    {
        var conditions = new List<CompiledCondition>();
        Add(conditions, source.Principals, source.NotPrincipals, false, (values, not) => Principals(values, "principal", not));
        Add(conditions, source.RequestPrincipals, source.NotRequestPrincipals, true, (values, not) => RequestPrincipals(values, "request principal", not));
        Add(conditions, source.ServiceAccounts, source.NotServiceAccounts, false, (values, not) => ServiceAccounts(values, "service account", not));
        Add(conditions, source.TrustDomains, source.NotTrustDomains, false, (values, not) => TrustDomain(values, "trust domain", not));
        Add(conditions, source.Namespaces, source.NotNamespaces, false, (values, not) => Namespaces(values, "namespace", not));
        Add(conditions, source.RemoteIpBlocks, source.NotRemoteIpBlocks, false, (values, not) => Addresses(RbacAddress.Client, values, "remote.ip", not));
        Add(conditions, source.IpBlocks, source.NotIpBlocks, false, (values, not) => Addresses(RbacAddress.Peer, values, "source.ip", not));
        conditions.AddRange(more);
        return conditions;
    }

    private bool AddCondition(List<CompiledCondition> conditions, RuleCondition when)
    {
        string key = when.Key;
        (bool isHttpOnly, Func<EquatableArray<string>, bool, RbacCondition>? make) = key switch
        {
            "source.ip" => (false, (values, not) => Addresses(RbacAddress.Peer, values, key, not)),
            "remote.ip" => (false, (values, not) => Addresses(RbacAddress.Client, values, key, not)),
            "destination.ip" => (false, (values, not) => Addresses(RbacAddress.Local, values, key, not)),
            "destination.port" => (false, (values, not) => Ports(values, key, not)),
            "connection.sni" => (false, (values, not) => new TextCondition(RbacText.Sni, [.. values.Select(value => TextPattern.Wildcard(value))]) { Attribute = key, Negated = not }),
            "source.namespace" => (false, (values, not) => Namespaces(values, key, not)),
            "source.serviceAccount" => (false, (values, not) => ServiceAccounts(values, key, not)),
            "source.principal" => (false, (values, not) => Principals(values, key, not)),
            "source.trustDomain" => (false, (values, not) => TrustDomain(values, key, not)),
            "request.auth.principal" => (true, (values, not) => RequestPrincipals(values, key, not)),
            "request.auth.audiences" => (true, (values, not) => Claim(["aud"], values, key, not)),
            "request.auth.presenter" => (true, (values, not) => Claim(["azp"], values, key, not)),
            _ when InBrackets(key, "request.headers") is { } header => (true, (values, not) => Header(header, values, key, not)),
            _ when InBrackets(key, "request.auth.claims") is { } claim => (true, (values, not) => Claim(ClaimPath(claim), values, key, not)),
            _ when key.StartsWith("experimental.envoy.filters.", StringComparison.Ordinal) =>
                (false, (values, not) => new NeverCondition([.. values]) { Attribute = key, Negated = not }),
            _ => (false, (Func<EquatableArray<string>, bool, RbacCondition>?)null),
        };
        if (make is null)
        {
            context.Report(DiagnosticCatalogue.Invalid, policy, "spec.rules", $"The attribute {key} is not known.", when.Node);
            return false;
        }
        Add(conditions, when.Values, when.NotValues, isHttpOnly, make);
        return true;
    }

    private static void Add(
        List<CompiledCondition> conditions, EquatableArray<string> values, EquatableArray<string> notValues, bool isHttpOnly, Func<EquatableArray<string>, bool, RbacCondition> make)
    {
        if (!values.IsEmpty)
            conditions.Add(new CompiledCondition(make(values, false), isHttpOnly));
        if (!notValues.IsEmpty)
            conditions.Add(new CompiledCondition(make(notValues, true), isHttpOnly));
    }

    private static PortCondition Ports(EquatableArray<string> values, string attribute, bool not) =>
        new([.. values.Select(value => int.Parse(value, CultureInfo.InvariantCulture))]) { Attribute = attribute, Negated = not };

    private static AddressCondition Addresses(RbacAddress address, EquatableArray<string> values, string attribute, bool not) =>
        new(address, [.. values.Select(value => IpRange.TryParse(value, out IpRange range) ? range : throw new FormatException($"\"{value}\" is no address"))], [.. values]) { Attribute = attribute, Negated = not };

    private static HeaderValuesCondition Header(string name, EquatableArray<string> values, string attribute, bool not) =>
        new(name.ToLowerInvariant(), [.. values.Select(value => TextPattern.Wildcard(value, any: TextPatternKind.Present))]) { Attribute = attribute, Negated = not };

    private static ClaimCondition Claim(string[] path, EquatableArray<string> values, string attribute, bool not) =>
        new(path, [.. values.Select(value => TextPattern.Wildcard(value))]) { Attribute = attribute, Negated = not };

    /// <summary>The names of <c>[a][b]</c>, without the outer brackets; what is not of this form is one name.</summary>
    private static string[] ClaimPath(string inBrackets)
    {
        string[] names = inBrackets.Split("][");
        return names.Any(name => name.AsSpan().IndexOfAny('[', ']') >= 0) ? [inBrackets] : names;
    }

    private TextCondition Principals(EquatableArray<string> values, string attribute, bool not) =>
        new(RbacText.Peer, [.. values.SelectMany(_trust.Principals).Select(value => TextPattern.Wildcard(value))]) { Attribute = attribute, Negated = not };

    private static TextCondition Namespaces(EquatableArray<string> values, string attribute, bool not) =>
        new(RbacText.Peer, [.. values.Select(value => TextPattern.Expression($".*/ns/{string.Join(".*", value.Split('*').Select(Regex.Escape))}/.*"))]) { Attribute = attribute, Negated = not };

    private TextCondition ServiceAccounts(EquatableArray<string> values, string attribute, bool not) =>
        new(RbacText.Peer, [.. values.Select(ServiceAccount)]) { Attribute = attribute, Negated = not };

    private TextPattern ServiceAccount(string value)
    {
        string[] parts = value.Split('/');
        (string ns, string name) = parts.Length == 2 ? (parts[0], parts[1]) : (policy.Metadata.Namespace, value);
        return TextPattern.Expression($".+/ns/{Regex.Escape(ns)}/(.+/)?sa/{Regex.Escape(name)}(/.+)?");
    }

    private TextCondition TrustDomain(EquatableArray<string> values, string attribute, bool not) =>
        new(RbacText.Peer, [.. values.SelectMany(_trust.Aliases).Select(value =>
            value == "*" ? TextPattern.NotEmpty
            : value.Contains('*', StringComparison.Ordinal) ? TextPattern.Expression($"{string.Join("[^/]*", value.Split('*').Select(Regex.Escape))}/.*")
            : TextPattern.Prefix(value + "/"))])
        { Attribute = attribute, Negated = not };

    private static RequestPrincipalCondition RequestPrincipals(EquatableArray<string> values, string attribute, bool not) =>
        new([.. values.Select(RequestPrincipal)], [.. values]) { Attribute = attribute, Negated = not };

    /// <summary>Issuer and subject are told apart by the last slash: an issuer may be a URL.</summary>
    private static (TextPattern Issuer, TextPattern Subject) RequestPrincipal(string value)
    {
        int slash = value.LastIndexOf('/');
        string issuer = slash < 0 ? value : value[..slash];
        string subject = slash < 0 ? "" : value[(slash + 1)..];
        if (value == "*")
            return (TextPattern.NotEmpty, TextPattern.NotEmpty);
        if (value.StartsWith('*'))
        {
            if (slash < 0)
                return (TextPattern.NotEmpty, TextPattern.Suffix(value[1..]));
            return (issuer == "*" ? TextPattern.NotEmpty : TextPattern.Suffix(issuer[1..]), TextPattern.Exact(subject));
        }
        if (value.EndsWith('*'))
        {
            if (slash < 0)
                return (TextPattern.Prefix(value[..^1]), TextPattern.NotEmpty);
            return (TextPattern.Exact(issuer), subject == "*" ? TextPattern.NotEmpty : TextPattern.Prefix(subject[..^1]));
        }
        return (TextPattern.Exact(issuer), TextPattern.Exact(subject));
    }

    private static string? InBrackets(string key, string attribute) =>
        key.StartsWith(attribute, StringComparison.Ordinal) && key.Length > attribute.Length + 2 && key[attribute.Length] == '[' && key[^1] == ']'
            ? key[(attribute.Length + 1)..^1]
            : null;
}
