namespace Gateway.Config.Parsing;

/// <summary>What a configuration text may cost. Kubernetes objects stay far below (its store takes 1.5 MiB).</summary>
internal static class ParserLimits
{
    /// <summary>The longest text, in bytes.</summary>
    public const int MaxTextBytes = 32 * 1024 * 1024;

    /// <summary>The most nodes one document may have after its aliases are followed.</summary>
    public const int MaxNodes = 1_000_000;

    /// <summary>The deepest nesting of lists and mappings.</summary>
    public const int MaxDepth = 64;
}
