using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Gateway.Config;

/// <summary>
/// An immutable string-keyed map that keeps the order of the document and compares by content (order does not count).
/// Look-up is linear: the maps of Istio resources (labels, header matches) have a handful of entries.
/// The default value is the empty map.
/// </summary>
/// <typeparam name="TValue">The value type; compared with its default comparer.</typeparam>
public readonly struct EquatableMap<TValue> : IEquatable<EquatableMap<TValue>>, IReadOnlyCollection<KeyValuePair<string, TValue>>
{
    private readonly KeyValuePair<string, TValue>[]? _entries;

    /// <summary>Copies the entries; keys must be unique.</summary>
    public EquatableMap(IEnumerable<KeyValuePair<string, TValue>> entries) => _entries = [.. entries];

    /// <inheritdoc/>
    public int Count => _entries?.Length ?? 0;

    /// <summary>Whether the map has no entry.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>The entries in document order, without a copy.</summary>
    public ReadOnlySpan<KeyValuePair<string, TValue>> AsSpan() => _entries;

    /// <summary>Looks a key up, case-sensitively.</summary>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value)
    {
        foreach (KeyValuePair<string, TValue> entry in AsSpan())
        {
            if (string.Equals(entry.Key, key, StringComparison.Ordinal))
            {
                value = entry.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>Whether the key is there.</summary>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool Equals(EquatableMap<TValue> other)
    {
        if (ReferenceEquals(_entries, other._entries))
            return true;
        if (Count != other.Count)
            return false;
        foreach (KeyValuePair<string, TValue> entry in AsSpan())
        {
            if (!other.TryGetValue(entry.Key, out TValue? value) || !EqualityComparer<TValue>.Default.Equals(entry.Value, value))
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EquatableMap<TValue> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        int hash = Count;
        foreach (KeyValuePair<string, TValue> entry in AsSpan())
            hash ^= HashCode.Combine(entry.Key, entry.Value);
        return hash;
    }

    /// <summary>Enumerates without allocating, in document order.</summary>
    public ReadOnlySpan<KeyValuePair<string, TValue>>.Enumerator GetEnumerator() => AsSpan().GetEnumerator();

    IEnumerator<KeyValuePair<string, TValue>> IEnumerable<KeyValuePair<string, TValue>>.GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, TValue>>)(_entries ?? [])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => (_entries ?? []).GetEnumerator();

    /// <summary>Content equality.</summary>
    public static bool operator ==(EquatableMap<TValue> left, EquatableMap<TValue> right) => left.Equals(right);

    /// <summary>Content inequality.</summary>
    public static bool operator !=(EquatableMap<TValue> left, EquatableMap<TValue> right) => !left.Equals(right);
}
