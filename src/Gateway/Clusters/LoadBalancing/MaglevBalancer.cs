using System.Text;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>
/// A table that endpoints fill in turns, each by its own permutation, in proportion to their weights; a request takes the
/// entry of its hash. The table is Envoy's. A request without a hash is sent at random.
/// </summary>
internal sealed class MaglevBalancer : ILoadBalancer
{
    private readonly EndpointSet _set;
    private readonly Random _random;
    private readonly int[] _table;

    public MaglevBalancer(EndpointSet set, int tableSize, Random random)
    {
        _set = set;
        _random = random;
        _table = new int[set.Count == 0 ? 0 : tableSize];
        Array.Fill(_table, -1);
        if (_table.Length > 0)
            Fill();
    }

    public UpstreamEndpoint? Pick(ulong? hash, int attempt)
    {
        if (_table.Length == 0)
            return null;
        ulong key = hash ?? (ulong)_random.NextInt64();
        if (attempt > 0)
            key ^= ulong.MaxValue - (ulong)attempt + 1;
        return _set.Endpoints[_table[key % (ulong)_table.Length]];
    }

    private void Fill()
    {
        int n = _set.Count;
        ulong size = (ulong)_table.Length;
        ulong[] offset = new ulong[n];
        ulong[] skip = new ulong[n];
        ulong[] next = new ulong[n];
        double[] target = new double[n];
        double largest = _set.Weights.Max();
        for (int i = 0; i < n; i++)
        {
            byte[] address = Encoding.UTF8.GetBytes(_set.Endpoints[i].Address);
            offset[i] = XxHash64.Hash(address) % size;
            skip[i] = size < 2 ? 1 : (XxHash64.Hash(address, 1) % (size - 1)) + 1;
        }
        int filled = 0;
        for (double round = 1; filled < _table.Length; round++)
        {
            for (int i = 0; i < n && filled < _table.Length; i++)
            {
                if (round * _set.Weights[i] < target[i])
                    continue;
                target[i] += largest;
                ulong entry;
                do
                    entry = (offset[i] + (skip[i] * next[i]++)) % size;
                while (_table[entry] >= 0);
                _table[entry] = i;
                filled++;
            }
        }
    }
}
