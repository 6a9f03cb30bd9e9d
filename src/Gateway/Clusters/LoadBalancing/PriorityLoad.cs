namespace Gateway.Clusters.LoadBalancing;

/// <summary>Envoy's rule for how much each priority carries. Pure.</summary>
internal static class PriorityLoad
{
    /// <summary>So many percent of the needed endpoints are there when all are: 72 of 100 available ones still carry everything.</summary>
    public const int Overprovisioning = 140;

    /// <summary>Shares of the requests, in percent; together 100.</summary>
    /// <param name="available">Available endpoints by priority.</param>
    /// <param name="total">All endpoints by priority.</param>
    /// <param name="panicThreshold">With a smaller share of available endpoints, in percent, a priority uses all of its own; 0 = never.</param>
    /// <param name="panics">By priority: whether it does.</param>
    public static int[] Compute(ReadOnlySpan<int> available, ReadOnlySpan<int> total, int panicThreshold, out bool[] panics)
    {
        int n = total.Length;
        int[] health = new int[n];
        int[] load = new int[n];
        panics = new bool[n];
        int sum = 0;
        for (int i = 0; i < n; i++)
        {
            health[i] = total[i] == 0 ? 0 : (int)Math.Min(100, (long)Overprovisioning * available[i] / total[i]);
            sum += health[i];
        }
        int normal = Math.Min(100, sum);
        if (normal > 0)
            Spread(health, normal, load);
        else if (n > 0)
            load[0] = 100;
        if (panicThreshold == 0 || normal == 100)
            return load;
        bool all = true;
        for (int i = 0; i < n; i++)
        {
            panics[i] = (total[i] == 0 ? 0 : 100.0 * available[i] / total[i]) < panicThreshold;
            all &= panics[i];
        }
        return all ? ByCount(total) : load;
    }

    private static void Spread(int[] health, int normal, int[] load)
    {
        int left = 100;
        int first = -1;
        for (int i = 0; i < health.Length; i++)
        {
            if (first < 0 && health[i] > 0)
                first = i;
            load[i] = Math.Min(left, health[i] * 100 / normal);
            left -= load[i];
        }
        // What rounding left over.
        load[first] += left;
    }

    // All in panic: every endpoint of every priority is used, so endpoints count, not their health.
    private static int[] ByCount(ReadOnlySpan<int> total)
    {
        int[] load = new int[total.Length];
        long sum = 0;
        foreach (int count in total)
            sum += count;
        int left = 100;
        int first = -1;
        for (int i = 0; i < load.Length; i++)
        {
            if (first < 0 && total[i] > 0)
                first = i;
            load[i] = sum == 0 ? 0 : (int)(100L * total[i] / sum);
            left -= load[i];
        }
        load[Math.Max(0, first)] += left;
        return load;
    }
}
