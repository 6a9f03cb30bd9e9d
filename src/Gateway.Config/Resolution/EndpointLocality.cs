namespace Gateway.Config.Resolution;

/// <summary>Where a workload runs, by its labels. Pure.</summary>
public static class EndpointLocality
{
    private const string Own = "istio-locality";
    private const string Region = "topology.kubernetes.io/region";
    private const string Zone = "topology.kubernetes.io/zone";
    private const string Subzone = "topology.istio.io/subzone";

    /// <summary><c>region/zone/subzone</c> without empty parts at its end; empty = nothing is said.</summary>
    /// <param name="labels">The workload's labels: <c>istio-locality</c> (with dots or slashes), or those of Kubernetes' topology.</param>
    /// <param name="zone">Its zone, for those without labels; null = unknown.</param>
    public static string Of(EquatableMap<string> labels, string? zone = null)
    {
        if (labels.TryGetValue(Own, out string? locality) && locality.Length > 0)
            return locality.Contains('/', StringComparison.Ordinal) ? locality : locality.Replace('.', '/');
        labels.TryGetValue(Region, out string? region);
        if (labels.TryGetValue(Zone, out string? labelled))
            zone = labelled;
        labels.TryGetValue(Subzone, out string? subzone);
        return string.IsNullOrEmpty(region) && string.IsNullOrEmpty(zone) ? "" : $"{region}/{zone}/{subzone}".TrimEnd('/');
    }
}
