namespace Gateway.Fuzz;

/// <summary>What a target holds of any input whatever. A failure is an exception, as a crash is.</summary>
internal static class Check
{
    public static void That(bool holds, string what)
    {
        if (!holds)
            throw new PropertyException(what);
    }

    public static void Same<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new PropertyException($"{what}: {expected} and {actual}");
    }
}

/// <summary>An input for which something does not hold.</summary>
internal sealed class PropertyException(string message) : Exception(message);
