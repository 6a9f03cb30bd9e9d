using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using Gateway.Clusters.LoadBalancing;
using Gateway.Config;
using Gateway.Routing;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>The hash by which a request finds its endpoint, as Envoy computes it.</summary>
internal static class RequestHash
{
    private const int OnStack = 512;

    /// <summary>Joins what the policies give; null = the request has nothing of what they name.</summary>
    public static ulong? Compute(EquatableArray<HashPolicy> policies, RequestContext request)
    {
        ulong? hash = null;
        foreach (HashPolicy policy in policies)
        {
            ulong? one = policy.Source switch
            {
                HashSource.Header => OfHeader(request, policy.Name),
                HashSource.Cookie => OfCookie(request, policy),
                HashSource.SourceIp => OfText(request.Info.ClientAddress ?? request.Connection.RemoteIp),
                _ => QueryCondition.TryFind(policy.Name, request.Query, out ReadOnlySpan<char> value) ? OfText(value) : null,
            };
            if (one is { } next)
                hash = hash is { } before ? BitOperations.RotateLeft(before, 1) ^ next : next;
        }
        return hash;
    }

    private static ulong? OfHeader(RequestContext request, string name)
    {
        if (name.Equals(":authority", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase))
            return OfText(request.Authority);
        if (!request.Headers.TryGetValue(name, out StringValues values))
            return null;
        if (values.Count < 2)
            return OfText(values.Count == 0 ? "" : values[0]);
        string?[] sorted = [.. values];
        Array.Sort(sorted, StringComparer.Ordinal);
        return OfText(string.Concat(sorted));
    }

    private static ulong? OfCookie(RequestContext request, HashPolicy policy)
    {
        if (FindCookie(request.Headers[HeaderNames.Cookie], policy.Name, out ReadOnlySpan<char> value) && !value.IsEmpty)
            return OfText(value);
        if (policy.CookieTtl is null)
            return null;
        ulong seed = OfText($"{request.Connection.RemoteAddress}{request.Connection.LocalAddress}");
        string made = seed.ToString("x16", CultureInfo.InvariantCulture);
        request.MadeCookie = $"{policy.Name}=\"{made}\"{policy.CookieAttributes}";
        return OfText(made);
    }

    /// <summary>The value of a cookie, without its quotes.</summary>
    private static bool FindCookie(StringValues headers, string name, out ReadOnlySpan<char> value)
    {
        foreach (string? header in headers)
        {
            ReadOnlySpan<char> rest = header;
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOf(';');
                ReadOnlySpan<char> pair = (end < 0 ? rest : rest[..end]).Trim();
                rest = end < 0 ? default : rest[(end + 1)..];
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                {
                    value = pair[(name.Length + 1)..];
                    if (value.Length > 1 && value[0] == '"' && value[^1] == '"')
                        value = value[1..^1];
                    return true;
                }
            }
        }
        value = default;
        return false;
    }

    /// <summary>Hashes a header's text: its bytes are what came over the wire.</summary>
    private static ulong OfText(ReadOnlySpan<char> text)
    {
        byte[]? rented = text.Length > OnStack ? ArrayPool<byte>.Shared.Rent(text.Length) : null;
        Span<byte> bytes = rented ?? stackalloc byte[OnStack];
        ulong hash = XxHash64.Hash(bytes[..Encoding.Latin1.GetBytes(text, bytes)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }
}
