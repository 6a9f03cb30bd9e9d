namespace Gateway.Config.Resolution;

/// <summary>Reads the annotation that keeps clients in their subset of a weighted route. Pure.</summary>
public static class StickySplitAnnotation
{
    /// <summary>Its name; the value is <c>true</c> or <c>false</c>.</summary>
    public const string Name = "gateway/sticky-split";

    /// <summary>Whether weighted routes to the rule's host choose by its hash policy.</summary>
    /// <param name="annotations">All of a DestinationRule.</param>
    /// <param name="fault">Called with the name and the reason if the value is neither.</param>
    public static bool Read(EquatableMap<string> annotations, Action<string, string>? fault = null)
    {
        if (!annotations.TryGetValue(Name, out string? value))
            return false;
        if (value is not ("true" or "false"))
            fault?.Invoke(Name, $"The annotation {Name} must be \"true\" or \"false\", not '{value}'.");
        return value == "true";
    }
}
