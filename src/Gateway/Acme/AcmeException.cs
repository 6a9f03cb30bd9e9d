namespace Gateway.Acme;

/// <summary>Something about an order went wrong. The message is for people and holds no secret.</summary>
/// <param name="message">What.</param>
/// <param name="type">The problem's type without its prefix (<c>rateLimited</c>); empty = it did not come from the authority.</param>
/// <param name="status">Status of the authority's answer; 0 = there was none.</param>
/// <param name="retryAfter">How long the authority asks us to wait; null = it does not say.</param>
internal sealed class AcmeException(string message, string type = "", int status = 0, TimeSpan? retryAfter = null) : Exception(message)
{
    /// <summary>The problem's type.</summary>
    public string Type { get; } = type;

    /// <summary>Status of the authority's answer.</summary>
    public int Status { get; } = status;

    /// <summary>How long the authority asks us to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
