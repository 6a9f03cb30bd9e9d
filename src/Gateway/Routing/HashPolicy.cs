namespace Gateway.Routing;

/// <summary>What of a request is hashed.</summary>
internal enum HashSource
{
    /// <summary>A header's values.</summary>
    Header,

    /// <summary>A cookie's value.</summary>
    Cookie,

    /// <summary>The client's address.</summary>
    SourceIp,

    /// <summary>A query parameter's first value.</summary>
    QueryParameter,
}

/// <summary>A part of the hash by which requests find their endpoints. Istio <c>consistentHash</c>.</summary>
internal sealed record HashPolicy
{
    /// <summary>What is hashed.</summary>
    public required HashSource Source { get; init; }

    /// <summary>Name of the header, cookie or query parameter.</summary>
    public string Name { get; init; } = "";

    /// <summary>Life of a cookie that is made for requests without one, 0 = session; null = none is made.</summary>
    public TimeSpan? CookieTtl { get; init; }

    /// <summary>What follows the value in the cookie that is made: <c>; Max-Age=…; Path=…; …; HttpOnly</c>.</summary>
    public string CookieAttributes { get; init; } = "";
}
