using System.Buffers;

namespace Gateway.Config.Validation;

/// <summary>Names of headers where they are matched, changed or listed. Each rule gives the reason for a refusal, or null.</summary>
internal static class HeaderNameRules
{
    private const string ClaimPrefix = "@request.auth.claims";

    // The comma is no token character in RFC 9110; Istio takes it all the same.
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+,-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>A header, pseudo-header or JWT claim to match on.</summary>
    public static string? ForMatch(string name)
    {
        if (name.Length == 0)
            return "A header name cannot be empty.";
        if (IsJwtClaim(name) || name is ":method" or ":scheme" or ":authority" or ":path" or ":status")
            return null;
        return IsToken(name) ? null : $"\"{name}\" is not a valid header name.";
    }

    /// <summary>A header in a CORS list, or <c>*</c>.</summary>
    public static string? ForCors(string name)
    {
        if (name.Length == 0)
            return "A header name cannot be empty.";
        return name == "*" || IsToken(name) ? null : $"\"{name}\" is not a valid header name.";
    }

    /// <summary>A request header to add or set: the authority may be one of them.</summary>
    public static string? ForRequestChange(string name)
    {
        if (name.Length == 0)
            return "A header name cannot be empty.";
        return name[0] == ':' && !IsAuthority(name) ? $"Invalid header \"{name}\": the header cannot have a \":\" prefix." : null;
    }

    /// <summary>A request header to remove, or any change of a response header.</summary>
    public static string? ForRemovalOrResponse(string name)
    {
        if (name.Length == 0)
            return "A header name cannot be empty.";
        if (name.Equals("host", StringComparison.OrdinalIgnoreCase))
            return $"Invalid header \"{name}\": the Host header cannot be changed here.";
        return name[0] == ':' ? $"Invalid header \"{name}\": the header cannot have a \":\" prefix." : null;
    }

    /// <summary>Whether setting this header sets the authority.</summary>
    public static bool IsAuthority(string name) =>
        name.Equals(":authority", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the name stands for a claim: <c>@request.auth.claims.a.b</c> or <c>@request.auth.claims[a][b]</c>.</summary>
    public static bool IsJwtClaim(string name)
    {
        if (!name.StartsWith(ClaimPrefix, StringComparison.OrdinalIgnoreCase))
            return false;
        ReadOnlySpan<char> claim = name.AsSpan(ClaimPrefix.Length);
        return (claim.Length > 1 && claim[0] == '.') || (claim.Length > 2 && claim[0] == '[' && claim[^1] == ']');
    }

    private static bool IsToken(string name) => !name.AsSpan().ContainsAnyExcept(TokenCharacters);
}
