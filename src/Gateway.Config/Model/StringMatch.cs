namespace Gateway.Config.Model;

/// <summary>Istio <c>StringMatch</c>: at most one of the three is set; none of them = "present" where a map of headers or query parameters holds it.</summary>
public sealed record StringMatch : SpecRecord
{
    /// <summary><c>exact</c>.</summary>
    public string? Exact { get; init; }

    /// <summary><c>prefix</c>.</summary>
    public string? Prefix { get; init; }

    /// <summary><c>regex</c>, RE2 syntax, matches the whole value.</summary>
    public string? Regex { get; init; }

    /// <summary>Whether none of the three is written.</summary>
    public bool IsEmpty => Exact is null && Prefix is null && Regex is null;
}
