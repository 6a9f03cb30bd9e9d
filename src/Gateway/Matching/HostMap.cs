namespace Gateway.Matching;

/// <summary>
/// Exact name → longest <c>*.suffix</c> → <c>*</c>. Used for SNI and virtual hosts. Immutable; look-ups allocate nothing.
/// </summary>
/// <typeparam name="T">What a host maps to.</typeparam>
internal sealed class HostMap<T>
    where T : class
{
    /// <summary>Makes a map; keys are lower-cased host patterns, unique.</summary>
    public HostMap(IEnumerable<KeyValuePair<string, T>> entries) => _ = entries;

    /// <summary>Finds the entry for a host name without port, in any case; null = none.</summary>
    public T? Find(ReadOnlySpan<char> host) => throw new NotImplementedException();
}
