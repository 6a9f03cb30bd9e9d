using System.Buffers;
using System.Text;
using Gateway.Config.Model;
using Gateway.Http;

namespace Gateway.Fuzz.Targets;

/// <summary>A path has one normal form: normalizing it again changes nothing, and nothing in it climbs or hides.</summary>
internal static class PathTarget
{
    private static readonly SearchValues<char> Raw = SearchValues.Create("\\\0 \"<>");

    public static void Run(byte[] input)
    {
        if (input.Length < 2)
            return;
        var type = (PathNormalizationType)(input[0] % Enum.GetValues<PathNormalizationType>().Length);
        // A request line has no blanks and no control characters; bytes above 127 come as they are.
        string target = "/" + Encoding.Latin1.GetString(input.AsSpan(1));
        if (!PathNormalizer.TryNormalize(target, type, out string path, out string query))
        {
            Check.That(target.Contains('\0', StringComparison.Ordinal) || target.Contains("%00", StringComparison.Ordinal), "only NUL is refused");
            return;
        }

        Check.That(path.StartsWith('/'), "a path stays a path");
        Check.That(query.Length == 0 || (query[0] == '?' && target.Contains(query, StringComparison.Ordinal)), "the query is left alone");
        Check.That(!path.AsSpan().ContainsAny("?#"), "path and query are apart");
        if (type is PathNormalizationType.None)
            return;

        Check.That(PathNormalizer.TryNormalize(path, type, out string again, out string rest) && rest.Length == 0, "the normal form is a path");
        Check.Same(path, again, "normalized twice");
        Check.That(!path.AsSpan().ContainsAny(Raw), "nothing raw is left");
        string[] segments = path.Split('/');
        Check.That(!segments.Any(segment => Uri.UnescapeDataString(segment) is "." or ".."), "no dot segments");
        Check.That(type is PathNormalizationType.Default or PathNormalizationType.Base || !path.Contains("//", StringComparison.Ordinal), "slashes are merged");
        if (type is PathNormalizationType.DecodeAndMergeSlashes)
            Check.That(!path.Contains("%2f", StringComparison.OrdinalIgnoreCase) && !path.Contains("%5c", StringComparison.OrdinalIgnoreCase), "no slashes in disguise");
    }
}
