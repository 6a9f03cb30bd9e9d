using System.Collections.Immutable;

namespace Gateway.Clusters.LoadBalancing;

/// <summary>Draws an index with a probability proportional to its weight, in constant time (Vose's alias method). Immutable.</summary>
internal sealed class AliasTable
{
    private readonly double[] _keep;
    private readonly int[] _alias;

    /// <summary>Makes the table.</summary>
    /// <param name="weights">At least one, all positive.</param>
    public AliasTable(ImmutableArray<uint> weights)
    {
        int n = weights.Length;
        double total = 0;
        foreach (uint weight in weights)
            total += weight;
        _keep = new double[n];
        _alias = new int[n];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (int i = 0; i < n; i++)
        {
            _keep[i] = weights[i] * n / total;
            _alias[i] = i;
            (_keep[i] < 1 ? small : large).Push(i);
        }
        while (small.Count > 0 && large.Count > 0)
        {
            int less = small.Pop();
            int more = large.Pop();
            _alias[less] = more;
            _keep[more] -= 1 - _keep[less];
            (_keep[more] < 1 ? small : large).Push(more);
        }
        // What rounding left over.
        foreach (int rest in small.Concat(large))
            _keep[rest] = 1;
    }

    /// <summary>Draws an index.</summary>
    public int Draw(Random random)
    {
        int i = random.Next(_keep.Length);
        return random.NextDouble() < _keep[i] ? i : _alias[i];
    }
}
