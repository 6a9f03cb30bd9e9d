namespace Gateway.Listeners;

/// <summary>Limits of accepting connections.</summary>
internal sealed record ConnectionLimits
{
    /// <summary>Open connections over all ports; further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>From accept to the end of the TLS handshake, or to the first bytes of a plain-text connection.</summary>
    public TimeSpan OpeningDeadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Who may say in a PROXY header whose connection it is.</summary>
    public TrustedPeers ProxyHeadersFrom { get; init; } = TrustedPeers.Private;

    /// <summary>How long a client may take to close a connection it was asked to close; then it is aborted.</summary>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(45);
}
