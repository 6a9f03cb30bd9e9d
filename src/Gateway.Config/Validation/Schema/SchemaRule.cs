namespace Gateway.Config.Validation.Schema;

/// <summary>
/// What a CRD's OpenAPI schema asks of one node beyond the types, which binding checks, and beyond the admission
/// webhook's rules, which stand in the validators.
/// </summary>
internal sealed class SchemaRule
{
    /// <summary>Rules for the fields of a mapping.</summary>
    public Dictionary<string, SchemaRule> Fields { get; init; } = [];

    /// <summary>The rule for each element of a list or each value of a map.</summary>
    public SchemaRule? Each { get; init; }

    /// <summary>Least number of elements.</summary>
    public int MinItems { get; init; }

    /// <summary>Greatest number of elements of a list or entries of a map.</summary>
    public int MaxItems { get; init; } = int.MaxValue;

    /// <summary>Greatest length of a text, in characters.</summary>
    public int MaxLength { get; init; } = int.MaxValue;

    /// <summary>Greatest length of a map's keys, in characters.</summary>
    public int MaxKeyLength { get; init; } = int.MaxValue;

    /// <summary>Least number.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Greatest number.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;

    /// <summary>Groups of fields of which at most one may be set.</summary>
    public string[][] AtMostOne { get; init; } = [];
}
