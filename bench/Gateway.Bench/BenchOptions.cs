namespace Gateway.Bench;

/// <summary>What was asked for on the command line.</summary>
/// <param name="Quick">Fewer scenarios and shorter rounds.</param>
/// <param name="Scenarios">Names; empty = all.</param>
/// <param name="Contenders">Names; empty = all.</param>
/// <param name="JsonPath">Where the figures go; null = nowhere.</param>
/// <param name="List">Only name the scenarios.</param>
internal sealed record BenchOptions(bool Quick, IReadOnlyList<string> Scenarios, IReadOnlyList<string> Contenders, string? JsonPath, bool List)
{
    /// <summary>How long one measurement lasts.</summary>
    public int Seconds => Quick ? 2 : 4;

    /// <summary>How often each contender is measured per scenario.</summary>
    public int Rounds => Quick ? 3 : 5;

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions(false, [], [], null, false);
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true },
                "--list" => options with { List = true },
                "--scenarios" => options with { Scenarios = args[++i].Split(',') },
                "--contenders" => options with { Contenders = args[++i].Split(',') },
                "--json" => options with { JsonPath = args[++i] },
                _ => throw new ArgumentException($"Unknown option {args[i]}."),
            };
        }

        return options;
    }
}
