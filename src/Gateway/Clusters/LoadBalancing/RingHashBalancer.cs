using System.Globalization;
using System.Text;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>
/// Endpoints at many points of a ring, in proportion to their weights; a request goes to the first point at or after its
/// hash. Points and their hashes are Envoy's. A request without a hash is sent at random.
/// </summary>
internal sealed class RingHashBalancer : ILoadBalancer
{
    private const double LargestRing = 8 * 1024 * 1024;

    private readonly EndpointSet _set;
    private readonly Random _random;
    private readonly ulong[] _hashes;
    private readonly int[] _endpoints;

    public RingHashBalancer(EndpointSet set, int minimumRingSize, Random random)
    {
        _set = set;
        _random = random;
        if (set.Count == 0)
        {
            _hashes = [];
            _endpoints = [];
            return;
        }
        double total = 0;
        foreach (uint weight in set.Weights)
            total += weight;
        double smallest = set.Weights.Min() / total;
        double scale = Math.Min(Math.Ceiling(smallest * minimumRingSize) / smallest, LargestRing);
        int size = (int)Math.Ceiling(scale);
        _hashes = new ulong[size];
        _endpoints = new int[size];
        double target = 0;
        int count = 0;
        for (int i = 0; i < set.Count; i++)
        {
            target += scale * (set.Weights[i] / total);
            for (int point = 0; count < target && count < size; point++, count++)
            {
                _hashes[count] = XxHash64.Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{set.Endpoints[i].Address}_{point}")));
                _endpoints[count] = i;
            }
        }
        if (count < size)
        {
            Array.Resize(ref _hashes, count);
            Array.Resize(ref _endpoints, count);
        }
        Array.Sort(_hashes, _endpoints);
    }

    /// <summary>How many points the ring has.</summary>
    public int Size => _hashes.Length;

    public UpstreamEndpoint? Pick(ulong? hash, int attempt)
    {
        if (_hashes.Length == 0)
            return null;
        int index = Array.BinarySearch(_hashes, hash ?? (ulong)_random.NextInt64());
        index = index >= 0 ? index : ~index;
        // Passed-over choices go on along the ring.
        return _set.Endpoints[_endpoints[(int)(((uint)index + (uint)attempt) % (uint)_hashes.Length)]];
    }
}
