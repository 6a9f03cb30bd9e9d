namespace Gateway.Http;

/// <summary>What rate limits said of one request, for the headers of its response. Kept by a context from one request to the next.</summary>
internal sealed class RateLimitNote
{
    /// <summary>The limits that were asked, in order.</summary>
    public List<Entry> Limits { get; } = [];

    /// <summary>The bucket for Envoy's <c>x-ratelimit-*</c> headers; null = they are not asked for.</summary>
    public (long Limit, long Remaining, long ResetSeconds)? Envoy { get; set; }

    /// <summary>Whether there is anything to tell.</summary>
    public bool IsEmpty => Limits.Count == 0 && Envoy is null;

    /// <summary>One limit.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Policy">Its item of <c>RateLimit-Policy</c>.</param>
    /// <param name="Remaining">Requests that may come at once now.</param>
    /// <param name="ResetSeconds">Until the whole budget is there again.</param>
    public readonly record struct Entry(string Name, string Policy, long Remaining, long ResetSeconds);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Limits.Clear();
        Envoy = null;
    }
}
