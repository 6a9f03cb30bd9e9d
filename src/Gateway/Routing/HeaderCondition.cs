using System.Buffers;
using Gateway.Matching;
using Microsoft.Extensions.Primitives;

namespace Gateway.Routing;

/// <summary>
/// A condition on a header. Each line of a repeated header is tested alone and one match is enough (Envoy from 1.39 on).
/// </summary>
internal static class HeaderCondition
{
    /// <summary>Whether the condition holds.</summary>
    public static bool Holds(NamedMatcher header, in RouteRequest request)
    {
        string name = header.Name;
        if (name.Length > 0 && (name[0] == ':' || name == "host"))
            return IsPseudoMatch(header, request) != header.Invert;

        if (!request.Headers.TryGetValue(name, out StringValues values) || values.Count == 0)
        {
            // An absent header can only satisfy an inverted match; to all but "present" it then looks empty.
            return header.Invert && (header.Matcher.Kind == StringMatchKind.Present || !header.Matcher.IsMatch(""));
        }
        for (int i = 0; i < values.Count; i++)
        {
            if (HeaderText.IsMatch(header.Matcher, values[i]))
                return !header.Invert;
        }
        return header.Invert;
    }

    /// <summary>What the request has, for people.</summary>
    public static string Describe(NamedMatcher header, in RouteRequest request)
    {
        switch (header.Name)
        {
            case ":method":
                return $"\"{request.Method}\"";
            case ":scheme":
                return $"\"{request.Scheme}\"";
            case ":authority" or "host":
                return $"\"{request.Authority}\"";
            case ":path":
                return $"\"{request.Path}{request.Query}\"";
        }
        if (SecretText.IsSecretHeader(header.Name))
            return request.Headers.ContainsKey(header.Name) ? "another value (hidden)" : "no such header";
        return request.Headers.TryGetValue(header.Name, out StringValues values) && values.Count > 0
            ? string.Join(", ", values.Select(value => $"\"{HeaderText.FromWire(value ?? "")}\""))
            : "no such header";
    }

    private static bool IsPseudoMatch(NamedMatcher header, in RouteRequest request) => header.Name switch
    {
        ":method" => header.Matcher.IsMatch(request.Method),
        ":scheme" => header.Matcher.IsMatch(request.Scheme),
        ":authority" or "host" => header.Matcher.IsMatch(request.Authority),
        ":path" => IsPathMatch(header.Matcher, request.Path, request.Query),
        _ => header.Invert && header.Matcher.Kind != StringMatchKind.Present && header.Matcher.IsMatch(""),
    };

    /// <summary><c>:path</c> is path and query in one, which are never joined elsewhere.</summary>
    private static bool IsPathMatch(StringMatcher matcher, string path, string query)
    {
        if (query.Length == 0)
            return matcher.IsMatch(path);
        int length = path.Length + query.Length;
        char[] rented = ArrayPool<char>.Shared.Rent(length);
        path.CopyTo(rented);
        query.CopyTo(rented.AsSpan(path.Length));
        bool isMatch = matcher.IsMatch(rented.AsSpan(0, length));
        ArrayPool<char>.Shared.Return(rented);
        return isMatch;
    }
}
