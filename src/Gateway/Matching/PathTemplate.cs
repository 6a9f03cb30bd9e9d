using System.Buffers;

namespace Gateway.Matching;

/// <summary>
/// A path with operators, as Envoy's URI templates match: <c>{*}</c> is one segment that is not empty, <c>{**}</c> any
/// number of characters and slashes; both stand for characters that RFC 3986 allows in paths. A wildcard stands for a
/// whole segment.
/// </summary>
internal sealed class PathTemplate
{
    private const string One = "{*}";
    private const string Any = "{**}";

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()+,;:@=/");

    private readonly string[] _segments;

    public PathTemplate(string template)
    {
        // Plain asterisks mean the same as those in braces.
        _segments = [.. template.Split('/').Select(segment => segment == "*" ? One : segment == "**" ? Any : segment)];
        int wildcard = Array.FindIndex(_segments, segment => segment is One or Any);
        LiteralPrefix = wildcard <= 0 ? "" : string.Join('/', _segments[..wildcard]) + "/";
    }

    /// <summary>What every match begins with.</summary>
    public string LiteralPrefix { get; }

    /// <summary>Whether a value is a template.</summary>
    public static bool IsTemplate(string value) => value.Contains(One, StringComparison.Ordinal) || value.Contains(Any, StringComparison.Ordinal);

    /// <summary>Whether a path matches.</summary>
    public bool IsMatch(ReadOnlySpan<char> path) => IsMatch(path, 0, true);

    // At the beginning of a segment: segments from index on must take all of the rest.
    private bool IsMatch(ReadOnlySpan<char> rest, int index, bool hasMore)
    {
        if (index == _segments.Length)
            return !hasMore;
        if (!hasMore)
            return false;
        string segment = _segments[index];
        if (segment == Any)
            return IsRestMatch(rest, index + 1);
        int slash = rest.IndexOf('/');
        ReadOnlySpan<char> head = slash < 0 ? rest : rest[..slash];
        bool holds = segment == One ? !head.IsEmpty && !head.ContainsAnyExcept(Characters) : head.SequenceEqual(segment);
        return holds && IsMatch(slash < 0 ? default : rest[(slash + 1)..], index + 1, slash >= 0);
    }

    /// <summary>Behind <c>{**}</c> only literals stand: they must be the last segments of the path.</summary>
    private bool IsRestMatch(ReadOnlySpan<char> rest, int index)
    {
        for (int i = _segments.Length - 1; i >= index; i--)
        {
            string segment = _segments[i];
            int slash = rest.LastIndexOf('/');
            if (slash < 0)
                return false;
            if (!rest[(slash + 1)..].SequenceEqual(segment))
                return false;
            rest = rest[..slash];
        }
        return !rest.ContainsAnyExcept(Characters);
    }
}
