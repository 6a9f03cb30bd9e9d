using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// The hosts of a server that one namespace may use, indexed: intersecting them with a VirtualService's hosts must not
/// cost the product of both, as ten thousand of each are served.
/// </summary>
internal sealed class ServerHosts
{
    private readonly List<string> _hosts;
    private readonly HashSet<string> _exact = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _suffixes =
        new HashSet<string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly bool _hasAny;

    public ServerHosts(MergedServer server, string ns)
    {
        _hosts = HostName.ForNamespace(server.Hosts, ns);
        foreach (string host in _hosts)
        {
            if (host == "*")
                _hasAny = true;
            else if (HostName.IsWildcard(host))
                _suffixes.Add(host.AsSpan(1));
            else
                _exact.Add(host);
        }
    }

    /// <summary>The more specific host of each overlapping pair, lower-cased, each once.</summary>
    public HashSet<string> Intersect(IReadOnlyList<string> others)
    {
        var result = new HashSet<string>(StringComparer.Ordinal);
        foreach (string other in others)
        {
            if (_hasAny || _exact.Contains(other) || IsCovered(other))
            {
                result.Add(other.ToLowerInvariant());
            }
            if (!HostName.IsWildcard(other))
                continue;
            foreach (string host in _hosts)
            {
                if (HostName.IsSubsetOf(host, other))
                    result.Add(host.ToLowerInvariant());
            }
        }
        return result;
    }

    private bool IsCovered(string host)
    {
        if (_suffixes.Set.Count == 0)
            return false;
        for (int dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            if (_suffixes.Contains(host.AsSpan(dot)))
                return true;
        }
        return false;
    }
}
