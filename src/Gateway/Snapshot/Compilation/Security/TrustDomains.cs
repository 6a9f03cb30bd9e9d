using Gateway.Config;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>The mesh's trust domain and its aliases: a policy for one of them is for all.</summary>
internal sealed class TrustDomains
{
    // What policies write for "the mesh's own", whatever its name.
    private const string Pointer = "cluster.local";

    private readonly string[] _all;

    public TrustDomains(string domain, EquatableArray<string> aliases) => _all = [domain, .. aliases];

    /// <summary>A principal under every trust domain that it means.</summary>
    public IEnumerable<string> Principals(string principal)
    {
        // trust-domain/ns/NAMESPACE/sa/ACCOUNT; anything else says nothing about a trust domain.
        string[] parts = principal.Split('/');
        if (parts.Length != 5 || parts[0] == "*" || !(parts[0] == Pointer || _all.Any(domain => IsMatch(domain, parts[0]))))
            return [principal];
        string rest = principal[parts[0].Length..];
        return _all.Select(domain => parts[0].StartsWith('*') && IsMatch(domain, parts[0]) ? principal : domain + rest).Distinct(StringComparer.Ordinal);
    }

    /// <summary>A trust domain with its aliases.</summary>
    public IEnumerable<string> Aliases(string domain) => _all.Contains(domain, StringComparer.Ordinal) ? _all : [domain];

    private static bool IsMatch(string domain, string pattern) =>
        pattern.StartsWith('*') ? domain.EndsWith(pattern[1..], StringComparison.Ordinal)
        : pattern.EndsWith('*') ? domain.StartsWith(pattern[..^1], StringComparison.Ordinal)
        : domain == pattern;
}
