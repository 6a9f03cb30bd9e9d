namespace Gateway.Config.Resolution;

/// <summary>How a resource's <c>exportTo</c> reaches a namespace. The order is the order in which Istio applies VirtualServices.</summary>
public enum Visibility
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It is the resource's own namespace, and the resource is not public.</summary>
    Private,

    /// <summary>The namespace is named.</summary>
    Exported,

    /// <summary>Every namespace (<c>*</c>).</summary>
    Public,
}

/// <summary>Evaluates <c>exportTo</c>: <c>.</c> (own namespace), <c>*</c> (all), <c>~</c> (none) or names.</summary>
public static class ExportTo
{
    /// <summary>How a resource is visible.</summary>
    /// <param name="exportTo">As written; empty = <paramref name="defaults"/>.</param>
    /// <param name="defaults">MeshConfig's default for the kind.</param>
    /// <param name="owner">The resource's namespace.</param>
    /// <param name="client">The namespace that looks.</param>
    public static Visibility Evaluate(EquatableArray<string> exportTo, EquatableArray<string> defaults, string owner, string client)
    {
        EquatableArray<string> entries = exportTo.IsEmpty ? defaults : exportTo;
        Visibility best = Visibility.None;
        foreach (string entry in entries)
        {
            if (entry == "*")
                return Visibility.Public;
            if (entry == "~")
                continue;
            string ns = entry == "." ? owner : entry;
            if (ns != client)
                continue;
            Visibility found = ns == owner ? Visibility.Private : Visibility.Exported;
            if (best == Visibility.None)
                best = found;
        }
        return best;
    }

    /// <summary>Whether a resource is visible at all.</summary>
    public static bool IsVisible(EquatableArray<string> exportTo, EquatableArray<string> defaults, string owner, string client) =>
        Evaluate(exportTo, defaults, owner, client) != Visibility.None;
}
