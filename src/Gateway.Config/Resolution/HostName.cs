using System.Net;

namespace Gateway.Config.Resolution;

/// <summary>
/// Istio's algebra of host names, in which a name may begin with <c>*</c>. Comparison is by case on purpose: whoever
/// looks hosts up for requests lower-cases them first.
/// </summary>
public static class HostName
{
    /// <summary>Whether the name is a wildcard: <c>*</c>, <c>*.suffix</c>.</summary>
    public static bool IsWildcard(string host) => host.Length > 0 && host[0] == '*';

    /// <summary>Whether some host is covered by both names.</summary>
    public static bool Matches(string a, string b)
    {
        if (IsWildcard(a) && IsWildcard(b))
            return a.Length < b.Length ? EndsLike(b.AsSpan(1), a) : EndsLike(a.AsSpan(1), b);
        if (IsWildcard(a))
            return EndsLike(b, a);
        return IsWildcard(b) ? EndsLike(a, b) : string.Equals(a, b, StringComparison.Ordinal);
    }

    /// <summary>Whether every host covered by <paramref name="a"/> is covered by <paramref name="b"/>.</summary>
    public static bool IsSubsetOf(string a, string b)
    {
        if (!IsWildcard(b))
            return string.Equals(a, b, StringComparison.Ordinal);
        if (!IsWildcard(a))
            return EndsLike(a, b);
        return a.Length >= b.Length && EndsLike(a.AsSpan(1), b);
    }

    /// <summary>The more specific name of each overlapping pair, each once.</summary>
    public static List<string> Intersection(IReadOnlyList<string> hosts, IReadOnlyList<string> others)
    {
        var result = new List<string>();
        foreach (string host in hosts)
        {
            foreach (string other in others)
            {
                string? specific = IsSubsetOf(host, other) ? host : IsSubsetOf(other, host) ? other : null;
                if (specific is not null && !result.Contains(specific, StringComparer.Ordinal))
                    result.Add(specific);
            }
        }
        return result;
    }

    /// <summary>
    /// The hosts of a Gateway server that a VirtualService of <paramref name="ns"/> may use: <c>host</c>, <c>*/host</c>
    /// and <c>ns/host</c>, without their namespace part.
    /// </summary>
    public static List<string> ForNamespace(IEnumerable<string> serverHosts, string ns)
    {
        var result = new List<string>();
        foreach (string serverHost in serverHosts)
        {
            int slash = serverHost.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
                result.Add(serverHost);
            else if (serverHost.AsSpan(0, slash) is var owner && (owner.SequenceEqual("*") || owner.SequenceEqual(ns)))
                result.Add(serverHost[(slash + 1)..]);
        }
        return result;
    }

    /// <summary>
    /// Whether <paramref name="a"/> comes before <paramref name="b"/>: names before wildcards, longer before shorter,
    /// then by code point. Two empty names: true.
    /// </summary>
    public static bool IsMoreSpecific(string a, string b) => (a.Length == 0 && b.Length == 0) || Compare(a, b) < 0;

    /// <summary>Orders names, the most specific first.</summary>
    public static int Compare(string a, string b)
    {
        if (IsWildcard(a) != IsWildcard(b))
            return IsWildcard(a) ? 1 : -1;
        return a.Length == b.Length ? string.CompareOrdinal(a, b) : b.Length - a.Length;
    }

    /// <summary>
    /// Turns a short name (<c>reviews</c>) into the full name of a Service in the namespace of the resource that wrote it;
    /// names with a dot, addresses and <c>*</c> stay.
    /// </summary>
    public static string ResolveShortName(string host, string ns, string clusterDomain)
    {
        if (host.Length == 0 || host == "*" || host.Contains('.', StringComparison.Ordinal))
            return host;
        return host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host, out _)
            ? host
            : $"{host}.{ns}.svc.{clusterDomain}";
    }

    private static bool EndsLike(ReadOnlySpan<char> host, string wildcard) => host.EndsWith(wildcard.AsSpan(1), StringComparison.Ordinal);
}
