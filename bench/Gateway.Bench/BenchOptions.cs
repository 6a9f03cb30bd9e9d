using System.Globalization;

namespace Gateway.Bench;

/// <summary>What was asked for on the command line.</summary>
internal sealed record BenchOptions
{
    /// <summary>Fewer scenarios and shorter rounds.</summary>
    public bool Quick { get; init; }

    /// <summary>Names; empty = all.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>Names; empty = all.</summary>
    public IReadOnlyList<string> Contenders { get; init; } = [];

    /// <summary>Builds of the gateway, each of which takes part; empty = the one that ships.</summary>
    public IReadOnlyList<string> Builds { get; init; } = [];

    /// <summary>Where the figures go; null = nowhere.</summary>
    public string? JsonPath { get; init; }

    /// <summary>Only name the scenarios.</summary>
    public bool List { get; init; }

    /// <summary>How often each contender is measured per scenario.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>How long one measurement lasts.</summary>
    public int Seconds => Quick ? 1 : 3;

    /// <summary>How long a contender that compiles while it runs may take until its cost settles, after its start.</summary>
    public int WarmUpSeconds => Quick ? 15 : 40;

    /// <summary>The same for loads after the first one.</summary>
    public int NextWarmUpSeconds => Quick ? 4 : 20;

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--quick" => options with { Quick = true, Rounds = 3 },
                "--list" => options with { List = true },
                "--scenarios" => options with { Scenarios = Names(args[++i]) },
                "--contenders" => options with { Contenders = Names(args[++i]) },
                "--gateway-build" => options with { Builds = Names(args[++i]) },
                "--rounds" => options with { Rounds = int.Parse(args[++i], CultureInfo.InvariantCulture) },
                "--json" => options with { JsonPath = args[++i] },
                _ => throw new ArgumentException($"Unknown option {args[i]}."),
            };
        }

        return options;
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
