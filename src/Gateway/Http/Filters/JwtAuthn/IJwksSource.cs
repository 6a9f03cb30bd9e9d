namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>Where a rule gets its keys from.</summary>
internal interface IJwksSource
{
    /// <summary>The keys of the moment; null = there never were any.</summary>
    JwtKeySet? Current { get; }

    /// <summary>The keys, waiting for the first ones if they are being fetched; null = there are none.</summary>
    ValueTask<JwtKeySet?> WaitAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Newer keys than <paramref name="known"/>, in which a token's key is missing. Fetches at most as often as the back-off
    /// allows; else the answer is <paramref name="known"/>.
    /// </summary>
    ValueTask<JwtKeySet> RenewAsync(JwtKeySet known, CancellationToken cancellationToken);
}

/// <summary>Keys that do not change: written in the policy, or none.</summary>
internal sealed class FixedJwks(JwtKeySet? keys) : IJwksSource
{
    /// <summary>No keys: every token is refused.</summary>
    public static FixedJwks None { get; } = new(null);

    /// <inheritdoc/>
    public JwtKeySet? Current => keys;

    /// <inheritdoc/>
    public ValueTask<JwtKeySet?> WaitAsync(CancellationToken cancellationToken) => ValueTask.FromResult(keys);

    /// <inheritdoc/>
    public ValueTask<JwtKeySet> RenewAsync(JwtKeySet known, CancellationToken cancellationToken) => ValueTask.FromResult(known);
}
