using System.Buffers;
using System.Net;
using System.Text;
using Gateway.Http;
using Gateway.Matching;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// Authorities and patterns of hosts: lines of the input. A map finds what looking through all patterns finds; what a
/// forward proxy takes for a name or an address means the same to whoever reads it next.
/// </summary>
internal static class HostTarget
{
    private const int MaxPatterns = 32;
    private static readonly SearchValues<char> Foreign = SearchValues.Create(" \t\r\n\0/?#@\\\"");

    public static void Run(byte[] input)
    {
        string[] lines = Encoding.Latin1.GetString(input).Split('\n');
        RequestTarget target = RequestTarget.Parse(lines[0]);
        Check.That(target.Path.Length == 0 || target.Path[0] == '/', "a target's path is a path");
        string authority = target.Authority ?? lines[0];
        ProtocolFault? fault = ProtocolCheck.CheckAuthority(authority);
        if (fault is null)
            Check.That(authority.Length > 0 && !authority.AsSpan().ContainsAny(Foreign), "an authority is one");
        CheckEgress(authority);
        CheckMap(authority, lines.AsSpan(1));
    }

    private static void CheckEgress(string authority)
    {
        string? refusal = EgressTarget.Parse(authority, out EgressTarget? target);
        Check.Same(refusal is null, target is not null, "refused or read");
        if (target is null)
            return;

        string canonical = target.Address is { } address && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{target.Host}]" : target.Host;
        Check.Same(null, EgressTarget.Parse(target.Port is { } port ? $"{canonical}:{port}" : canonical, out EgressTarget? again), "the canonical form is taken");
        Check.Same(target, again, "the canonical form is final");
        if (target.Address is null)
            Check.That(!IPAddress.TryParse(target.Host, out _), "no address hides in a name");
    }

    private static void CheckMap(string authority, ReadOnlySpan<string> lines)
    {
        var patterns = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines[..Math.Min(lines.Length, MaxPatterns)])
        {
            string pattern = line.ToLowerInvariant();
            if (pattern.Length > 0 && pattern.All(char.IsAscii))
                patterns.TryAdd(pattern, pattern);
        }

        string? found = new HostMap<string>(patterns).Find(authority);
        string? expected = patterns.Values.FirstOrDefault(p => !IsWildcard(p) && p.Equals(authority, StringComparison.OrdinalIgnoreCase))
            ?? patterns.Values.Where(p => p.StartsWith("*.", StringComparison.Ordinal) && authority.Length >= p.Length && authority.EndsWith(p[1..], StringComparison.OrdinalIgnoreCase)).MaxBy(p => p.Length)
            ?? patterns.GetValueOrDefault("*");
        Check.Same(expected, found, "the map and looking through it");
    }

    private static bool IsWildcard(string pattern) => pattern == "*" || pattern.StartsWith("*.", StringComparison.Ordinal);
}
