namespace Gateway.Bench;

/// <summary>One kind of load, and who is put under it.</summary>
/// <param name="Name">For <c>--scenarios</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Variants">What is compared within one contender; usually one.</param>
internal sealed record Scenario(string Name, string Title, params Variant[] Variants)
{
    /// <summary>Whether <c>--quick</c> has it.</summary>
    public bool Quick { get; init; }

    /// <summary>What is counted.</summary>
    public string Unit { get; init; } = "req";

    /// <summary>Megabytes of body per unit; 0 = small ones, of which the number matters.</summary>
    public double Megabytes { get; init; }

    /// <summary>Who takes part; null = the standard ones.</summary>
    public Func<Roster, IReadOnlyList<Contender>>? Contenders { get; init; }

    /// <summary>A line below the table.</summary>
    public Func<IReadOnlyList<Measurement>, BenchFolder, FormattableString>? Note { get; init; }
}

/// <summary>One way through the proxies.</summary>
/// <param name="Name">Beside the contender's name; empty if there is one only.</param>
/// <param name="Load">The load.</param>
/// <param name="Probe">One request before it: null = answered as it should be, else what was wrong.</param>
internal sealed record Variant(string Name, Load Load, Func<Contender, BenchFolder, Task<string?>> Probe)
{
    /// <summary>Who can do it.</summary>
    public Func<Contender, bool> Takes { get; init; } = _ => true;
}
