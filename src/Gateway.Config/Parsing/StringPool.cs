namespace Gateway.Config.Parsing;

/// <summary>
/// Makes equal keys one object. Thousands of documents say <c>destination</c> and <c>prefix</c>; without this each keeps
/// its own copy. A fixed number of slots, so no text can make it grow. Values stay out: some are secrets, and the pool
/// outlives their document. Safe for several threads without a lock: a slot is one reference, and losing a race costs
/// one copy.
/// </summary>
internal sealed class StringPool
{
    private const int LongestText = 64;
    private readonly string?[] _slots = new string?[4096];

    /// <summary>An equal string, perhaps one handed out before.</summary>
    public string Intern(string text)
    {
        if (text.Length is 0 or > LongestText)
            return text;
        ref string? slot = ref _slots[string.GetHashCode(text.AsSpan()) & (_slots.Length - 1)];
        if (slot is { } known && string.Equals(known, text, StringComparison.Ordinal))
            return known;
        slot = text;
        return text;
    }
}
