namespace Gateway.Config.Binding;

/// <summary>Guesses what a misspelt field was meant to be.</summary>
internal static class FieldHint
{
    /// <summary>The known field nearest to <paramref name="written"/>, if any is near.</summary>
    public static string? Nearest(string written, IEnumerable<string> known)
    {
        if (written.Length > 64)
            return null;
        string bare = written.Replace("_", "", StringComparison.Ordinal);
        string? best = null;
        int bestDistance = Math.Max(1, bare.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Distance(bare, candidate);
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    // Letters changed, added, lost or swapped with their neighbour; case counts for nothing.
    private static int Distance(string a, string b)
    {
        int[] beforeLast = new int[b.Length + 1];
        int[] last = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = Same(a[i - 1], b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(last[j - 1] + change, Math.Min(last[j], current[j - 1]) + 1);
                if (i > 1 && j > 1 && Same(a[i - 1], b[j - 2]) && Same(a[i - 2], b[j - 1]))
                    current[j] = Math.Min(current[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last, current) = (last, current, beforeLast);
        }
        return last[b.Length];
    }

    private static bool Same(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
