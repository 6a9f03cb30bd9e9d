namespace Gateway.Http.Filters;

/// <summary>Where <see cref="AcmeChallengeFilter"/> finds the answers to challenges. Whoever orders certificates sets <see cref="Source"/>.</summary>
internal sealed class ChallengeStore
{
    private volatile Func<string, ValueTask<string?>>? _source;

    /// <summary>The answer to a token; null = nothing is ordered here.</summary>
    public Func<string, ValueTask<string?>>? Source
    {
        get => _source;
        set => _source = value;
    }

    /// <summary>The answer to a token; null = no challenge with it is open.</summary>
    public ValueTask<string?> FindAsync(string token) => _source is { } source ? source(token) : default;
}
