namespace Gateway.Routing;

/// <summary>A condition on a query parameter: its first value counts, as written (not decoded); names are case-sensitive.</summary>
internal static class QueryCondition
{
    /// <summary>Whether the condition holds.</summary>
    /// <param name="parameter">The condition.</param>
    /// <param name="query">Query with its <c>?</c>; empty = none.</param>
    public static bool Holds(NamedMatcher parameter, ReadOnlySpan<char> query) =>
        TryFind(parameter.Name, query, out ReadOnlySpan<char> value) && parameter.Matcher.IsMatch(value);

    /// <summary>What the request has, for people.</summary>
    public static string Describe(NamedMatcher parameter, ReadOnlySpan<char> query) =>
        TryFind(parameter.Name, query, out ReadOnlySpan<char> value) ? $"\"{value}\"" : "no such parameter";

    /// <summary>Finds the first value of a parameter.</summary>
    /// <param name="name">The parameter's.</param>
    /// <param name="query">Query with its <c>?</c>; empty = none.</param>
    /// <param name="value">As written; empty = the parameter has none.</param>
    public static bool TryFind(ReadOnlySpan<char> name, ReadOnlySpan<char> query, out ReadOnlySpan<char> value)
    {
        if (query.StartsWith('?'))
            query = query[1..];
        while (!query.IsEmpty)
        {
            int end = query.IndexOf('&');
            ReadOnlySpan<char> pair = end < 0 ? query : query[..end];
            query = end < 0 ? default : query[(end + 1)..];
            int equals = pair.IndexOf('=');
            if ((equals < 0 ? pair : pair[..equals]).SequenceEqual(name))
            {
                value = equals < 0 ? default : pair[(equals + 1)..];
                return true;
            }
        }
        value = default;
        return false;
    }
}
