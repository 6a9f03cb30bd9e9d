using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>Where a token was found.</summary>
internal enum JwtPlace
{
    /// <summary>A header.</summary>
    Header,

    /// <summary>A query parameter.</summary>
    Parameter,

    /// <summary>A cookie.</summary>
    Cookie,
}

/// <summary>A token as found in a request.</summary>
/// <param name="Text">The token.</param>
/// <param name="Place">Where.</param>
/// <param name="Name">Name of the header, parameter or cookie.</param>
internal readonly record struct FoundToken(ReadOnlyMemory<char> Text, JwtPlace Place, string Name);

/// <summary>Finds tokens where a rule says they may be, as Envoy does, and takes them out again.</summary>
internal static class JwtLocations
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    /// <summary>All tokens at the places of a rule; null = there is none.</summary>
    public static List<FoundToken>? Find(JwtRuleConfig rule, IHeaderDictionary headers, string query)
    {
        List<FoundToken>? found = null;
        foreach (JwtHeaderLocation location in rule.Headers)
        {
            if (!headers.TryGetValue(location.Name, out StringValues values))
                continue;
            for (int i = 0; i < values.Count; i++)
            {
                if (InHeader(values[i] ?? "", location.Prefix) is { } token)
                    (found ??= new(1)).Add(new FoundToken(token, JwtPlace.Header, location.Name));
            }
        }
        if (query.Length > 1)
        {
            foreach (string parameter in rule.Parameters)
            {
                if (InQuery(query, parameter) is { } token)
                    (found ??= new(1)).Add(new FoundToken(token.AsMemory(), JwtPlace.Parameter, parameter));
            }
        }
        if (!rule.Cookies.IsEmpty && headers.TryGetValue("cookie", out StringValues cookies))
        {
            foreach (string cookie in rule.Cookies)
            {
                if (InCookies(cookies, cookie) is { } token)
                    (found ??= new(1)).Add(new FoundToken(token, JwtPlace.Cookie, cookie));
            }
        }
        return found;
    }

    /// <summary>The query without a parameter; everything else stays as it was, byte for byte.</summary>
    public static string Remove(string query, string parameter)
    {
        var rest = new StringBuilder(query.Length);
        foreach (Range range in query.AsSpan(1).Split('&'))
        {
            ReadOnlySpan<char> pair = query.AsSpan(1)[range];
            if (IsNamed(pair, parameter, out _))
                continue;
            rest.Append(rest.Length == 0 ? '?' : '&').Append(pair);
        }
        return rest.ToString();
    }

    private static ReadOnlyMemory<char>? InHeader(string value, string prefix)
    {
        if (prefix.Length == 0)
            return value.AsMemory();
        int at = value.IndexOf(prefix, StringComparison.Ordinal);
        if (at < 0)
            return null;
        int start = value.AsSpan(at + prefix.Length).IndexOfAny(TokenCharacters);
        return start < 0 ? value.AsMemory() : value.AsMemory(at + prefix.Length + start);
    }

    private static string? InQuery(string query, string parameter)
    {
        foreach (Range range in query.AsSpan(1).Split('&'))
        {
            if (IsNamed(query.AsSpan(1)[range], parameter, out ReadOnlySpan<char> value))
                return Uri.UnescapeDataString(value.ToString());
        }
        return null;
    }

    private static bool IsNamed(ReadOnlySpan<char> pair, string name, out ReadOnlySpan<char> value)
    {
        int equals = pair.IndexOf('=');
        ReadOnlySpan<char> key = equals < 0 ? pair : pair[..equals];
        value = equals < 0 ? default : pair[(equals + 1)..];
        return key.SequenceEqual(name) || (key.Contains('%') && Uri.UnescapeDataString(key.ToString()) == name);
    }

    private static ReadOnlyMemory<char>? InCookies(StringValues lines, string name)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i] ?? "";
            foreach (Range range in line.AsSpan().Split(';'))
            {
                ReadOnlySpan<char> pair = line.AsSpan(range).Trim();
                int equals = pair.IndexOf('=');
                if (equals < 0 || !pair[..equals].SequenceEqual(name))
                    continue;
                ReadOnlySpan<char> value = pair[(equals + 1)..];
                if (value.Length >= 2 && value[0] == '"' && value[^1] == '"')
                    value = value[1..^1];
                return value.ToString().AsMemory();
            }
        }
        return null;
    }
}
