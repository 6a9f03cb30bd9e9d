using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>Applies a <see cref="PathRewrite"/> to a path. Pure.</summary>
internal static class PathRewriter
{
    /// <summary>The path that the upstream sees, without query.</summary>
    /// <param name="rewrite">What to do.</param>
    /// <param name="match">The conditions of the route: a prefix rewrite replaces what they matched.</param>
    /// <param name="path">Normalized path without query.</param>
    public static string Apply(PathRewrite rewrite, RouteMatch match, string path)
    {
        if (rewrite.Regex is not null)
        {
            string replaced = rewrite.Regex.Replace(path, rewrite.Replacement ?? "");
            return replaced.Length == 0 ? path : replaced;
        }
        if (rewrite.Prefix is null)
            return path;
        string rewritten = ReplaceMatched(match, path, rewrite.Prefix);
        return rewrite.KeepsSegments && rewritten.StartsWith("//", StringComparison.Ordinal) ? rewritten[1..] : rewritten;
    }

    /// <summary>
    /// Replaces the part of the path that the route matched: a prefix textually, after any other kind of match the whole
    /// path; a route without a path condition has matched <c>/</c>.
    /// </summary>
    public static string ReplaceMatched(RouteMatch match, string path, string replacement)
    {
        int matched = match.Path switch
        {
            null => Math.Min(1, path.Length),
            { Kind: StringMatchKind.Prefix or StringMatchKind.SegmentPrefix } prefix => Math.Min(prefix.Value.Length, path.Length),
            _ => path.Length,
        };
        return string.Concat(replacement, path.AsSpan(matched));
    }
}
