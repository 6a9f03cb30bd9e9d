using System.Globalization;
using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <summary>What the lines of a response say, read strictly (RFC 9113 section 8): what is malformed is nobody's answer.</summary>
internal static class Http2ResponseHead
{
    /// <summary>Reads the lines of a head, final or interim.</summary>
    /// <param name="lines">All lines; the first one must be <c>:status</c>, the only pseudo header.</param>
    /// <param name="status">100 to 999.</param>
    /// <param name="contentLength">Length of the body if the head says it; else -1.</param>
    /// <returns>False = it is malformed.</returns>
    public static bool TryRead(List<HeaderLine> lines, out int status, out long contentLength)
    {
        status = 0;
        contentLength = -1;
        if (lines.Count == 0 || lines[0] is not { Kind: HeaderKind.Pseudo, Name: ":status" } first || !TryReadStatus(first.Value, out status))
            return false;

        for (int i = 1; i < lines.Count; i++)
        {
            HeaderLine line = lines[i];
            switch (line.Kind)
            {
                case HeaderKind.Pseudo or HeaderKind.Invalid:
                    return false;
                case HeaderKind.ContentLength:
                    if (contentLength >= 0 || !long.TryParse(line.Value, NumberStyles.None, CultureInfo.InvariantCulture, out contentLength))
                        return false;
                    break;
            }
        }

        return true;
    }

    /// <summary>Whether lines can be trailers.</summary>
    public static bool AreTrailers(List<HeaderLine> lines)
    {
        foreach (HeaderLine line in lines)
        {
            if (line.Kind is HeaderKind.Pseudo or HeaderKind.Invalid)
                return false;
        }

        return true;
    }

    private static bool TryReadStatus(string value, out int status)
    {
        status = 0;
        return value.Length == 3 && value[0] != '0' && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out status);
    }
}
