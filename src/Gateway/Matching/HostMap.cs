using System.Collections.Frozen;

namespace Gateway.Matching;

/// <summary>
/// Exact name → longest <c>*.suffix</c> → <c>*</c>. Used for SNI and virtual hosts. Immutable; look-ups allocate nothing.
/// </summary>
/// <typeparam name="T">What a host maps to.</typeparam>
internal sealed class HostMap<T>
    where T : class
{
    private readonly FrozenDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> _exact;
    private readonly FrozenDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> _suffixes;
    private readonly int _longestSuffix;
    private readonly T? _any;

    /// <summary>Makes a map; keys are lower-cased host patterns, unique.</summary>
    public HostMap(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var exact = new List<KeyValuePair<string, T>>();
        var suffixes = new List<KeyValuePair<string, T>>();
        foreach (KeyValuePair<string, T> entry in entries)
        {
            if (entry.Key == "*")
            {
                _any = entry.Value;
            }
            else if (entry.Key.StartsWith("*.", StringComparison.Ordinal))
            {
                suffixes.Add(KeyValuePair.Create(entry.Key[1..], entry.Value));
                _longestSuffix = Math.Max(_longestSuffix, entry.Key.Length - 1);
            }
            else
            {
                exact.Add(entry);
            }
        }
        _exact = exact.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
        _suffixes = suffixes.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Finds the entry for a host name without port, in any case; null = none.</summary>
    public T? Find(ReadOnlySpan<char> host)
    {
        if (_exact.TryGetValue(host, out T? found))
            return found;
        if (_longestSuffix > 0)
        {
            // Suffixes longer than any known one cannot match: that also bounds the work for hosts made of dots.
            int start = Math.Max(1, host.Length - _longestSuffix);
            while (start < host.Length)
            {
                int dot = host[start..].IndexOf('.');
                if (dot < 0)
                    break;
                start += dot;
                if (_suffixes.TryGetValue(host[start..], out found))
                    return found;
                start++;
            }
        }
        return _any;
    }
}
