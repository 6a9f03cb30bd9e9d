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
    public string Intern(string text) => Intern(text, text);

    /// <summary>A string with this text, perhaps one handed out before.</summary>
    public string Intern(ReadOnlySpan<char> text) => Intern(text, null);

    private string Intern(ReadOnlySpan<char> text, string? asString)
    {
        if (text.Length is 0 or > LongestText)
            return asString ?? text.ToString();
        ref string? slot = ref _slots[string.GetHashCode(text) & (_slots.Length - 1)];
        if (slot is { } known && text.SequenceEqual(known))
            return known;
        return slot = asString ?? text.ToString();
    }
}
