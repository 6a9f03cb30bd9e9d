namespace Gateway.Config.Resolution;

/// <summary>Equality selectors over labels.</summary>
public static class LabelSelector
{
    /// <summary>Whether <paramref name="labels"/> contain every pair of <paramref name="selector"/>; an empty selector selects all.</summary>
    public static bool Selects(EquatableMap<string> selector, EquatableMap<string> labels)
    {
        foreach (KeyValuePair<string, string> pair in selector)
        {
            if (!labels.TryGetValue(pair.Key, out string? value) || !string.Equals(value, pair.Value, StringComparison.Ordinal))
                return false;
        }
        return true;
    }
}
