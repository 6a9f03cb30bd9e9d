namespace Gateway.Config.Binding;

/// <summary>The written names of one enumeration; case-sensitive, as in Istio's schemas.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class EnumNames<T>(params (string Name, T Value)[] names)
    where T : struct, Enum
{
    /// <summary>The names in the order of the schema.</summary>
    public IEnumerable<string> All => names.Select(n => n.Name);

    /// <summary>Finds the value with a name.</summary>
    public bool TryParse(string text, out T value)
    {
        foreach ((string name, T candidate) in names)
        {
            if (string.Equals(name, text, StringComparison.Ordinal))
            {
                value = candidate;
                return true;
            }
        }
        value = default;
        return false;
    }
}
