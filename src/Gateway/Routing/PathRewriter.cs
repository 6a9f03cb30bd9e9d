using System.Text;
using System.Text.RegularExpressions;
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
            string replaced = ReplaceAll(rewrite.Regex, path, rewrite.Replacement ?? "");
            return replaced.Length == 0 ? path : replaced;
        }
        if (rewrite.Prefix is null)
            return path;
        string rewritten = ReplaceMatched(match, path, rewrite.Prefix);
        return rewrite.KeepsSegments && rewritten.StartsWith("//", StringComparison.Ordinal) ? rewritten[1..] : rewritten;
    }

    /// <summary>
    /// Replaces every match as RE2 does: an empty match right behind the one before is none, so that <c>.*</c> is
    /// replaced once and not once more at the end.
    /// </summary>
    private static string ReplaceAll(Regex regex, string path, string replacement)
    {
        StringBuilder? result = null;
        int copied = 0;
        for (Match match = regex.Match(path); match.Success; match = match.NextMatch())
        {
            if (match.Length == 0 && result is not null && match.Index == copied)
                continue;
            result ??= new StringBuilder(path.Length + replacement.Length);
            result.Append(path, copied, match.Index - copied).Append(match.Result(replacement));
            copied = match.Index + match.Length;
        }
        return result is null ? path : result.Append(path, copied, path.Length - copied).ToString();
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
