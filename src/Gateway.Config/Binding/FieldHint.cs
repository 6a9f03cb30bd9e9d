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

    // Levenshtein's distance with two rows; case counts for nothing.
    private static int Distance(string a, string b)
    {
        int[] previous = new int[b.Length + 1];
        int[] current = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1;
                current[j] = Math.Min(previous[j - 1] + change, Math.Min(previous[j], current[j - 1]) + 1);
            }
            (previous, current) = (current, previous);
        }
        return previous[b.Length];
    }
}
