namespace Gateway.Config.Validation;

/// <summary>True and false as Go's <c>strconv.ParseBool</c> reads them, which Istio uses for annotations.</summary>
public static class GoBoolean
{
    /// <summary>Reads a value; false = it is none.</summary>
    public static bool TryParse(string text, out bool value)
    {
        value = text is "1" or "t" or "T" or "true" or "TRUE" or "True";
        return value || text is "0" or "f" or "F" or "false" or "FALSE" or "False";
    }
}
