namespace Gateway.Config.Validation;

/// <summary>
/// Host patterns of one resource, for the questions "is this one covered?" and "which of them overlap?" without comparing
/// all with all: a wildcard is found under the text after its star.
/// </summary>
internal sealed class HostPatterns
{
    private readonly EquatableArray<string> _hosts;
    private readonly Dictionary<string, int> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _suffixes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _bySuffix;

    /// <summary>Takes the patterns; of equal ones the first counts.</summary>
    public HostPatterns(EquatableArray<string> hosts)
    {
        _hosts = hosts;
        for (int i = 0; i < hosts.Count; i++)
        {
            if (HostNameRules.IsWildcard(hosts[i]))
                _suffixes.TryAdd(hosts[i][1..], i);
            else
                _exact.TryAdd(hosts[i], i);
        }
        _bySuffix = _suffixes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether every name that <paramref name="host"/> stands for is covered by one of the patterns.</summary>
    public bool Cover(string host)
    {
        bool wild = HostNameRules.IsWildcard(host);
        if (!wild && _exact.ContainsKey(host))
            return true;
        for (int start = wild ? 1 : 0; start <= host.Length; start++)
        {
            if (_bySuffix.ContainsKey(host.AsSpan(start)))
                return true;
        }
        return false;
    }

    /// <summary>Pairs of patterns with a name in common, each pair once, the later one second.</summary>
    public IEnumerable<(int First, int Second)> Overlaps()
    {
        for (int i = 0; i < _hosts.Count; i++)
        {
            string host = _hosts[i];
            bool wild = HostNameRules.IsWildcard(host);
            if (!wild && _exact[host] != i)
                yield return (_exact[host], i);
            // A wildcard overlaps with whatever ends in its suffix, so each pair is met at its longer half.
            for (int start = wild ? 1 : 0; start <= host.Length; start++)
            {
                if (_bySuffix.TryGetValue(host.AsSpan(start), out int other) && other != i)
                    yield return (Math.Min(i, other), Math.Max(i, other));
            }
        }
    }
}
