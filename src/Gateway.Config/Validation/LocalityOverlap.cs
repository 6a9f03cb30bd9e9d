namespace Gateway.Config.Validation;

/// <summary>A growing list of localities in which no one may lie inside another: <c>*</c>, <c>region/*</c>, <c>region/zone/subzone</c>.</summary>
internal sealed class LocalityOverlap
{
    private const string All = "*";
    private readonly Dictionary<string, Dictionary<string, HashSet<string>>> _regions = new(StringComparer.Ordinal);

    /// <summary>Adds one; returns the reason why it does not fit, or null.</summary>
    public string? Add(string locality)
    {
        int stars = locality.AsSpan().Count('*');
        if (stars > 1 || (stars == 1 && !locality.EndsWith('*')))
            return $"Locality {locality}: the number of wildcards '*' can not exceed 1 and it must be in the end.";
        if (_regions.ContainsKey(All))
            return Overlaps(locality);
        string[] parts = locality.Split('/', 3);
        if (parts.Contains(""))
            return $"Locality {locality} must not contain empty region/zone/subzone info.";

        if (parts.Length == 1)
            return _regions.TryAdd(parts[0], new() { [All] = [All] }) ? null : Overlaps(locality);
        if (!_regions.TryGetValue(parts[0], out Dictionary<string, HashSet<string>>? zones))
            _regions[parts[0]] = zones = new(StringComparer.Ordinal);
        if (zones.ContainsKey(All))
            return Overlaps(locality);
        if (parts.Length == 2)
            return zones.TryAdd(parts[1], [All]) ? null : Overlaps(locality);
        if (!zones.TryGetValue(parts[1], out HashSet<string>? subzones))
            zones[parts[1]] = subzones = new(StringComparer.Ordinal);
        return subzones.Contains(All) || !subzones.Add(parts[2]) ? Overlaps(locality) : null;
    }

    private static string Overlaps(string locality) => $"Locality {locality} overlaps with one specified previously.";
}
