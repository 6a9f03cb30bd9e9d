using Gateway.Config;
using Gateway.Matching;

namespace Gateway.Routing;

/// <summary>What pages of other origins may ask of a route. Istio <c>CorsPolicy</c>, its lists already joined as they are sent. Immutable.</summary>
internal sealed record CorsConfig
{
    /// <summary>The origins; one that matches <c>*</c> allows all.</summary>
    public required EquatableArray<StringMatcher> AllowOrigins { get; init; }

    /// <summary>Value of access-control-allow-methods; <c>*</c> = the one asked for; empty = not sent.</summary>
    public string AllowMethods { get; init; } = "";

    /// <summary>Value of access-control-allow-headers; <c>*</c> = those asked for; empty = not sent.</summary>
    public string AllowHeaders { get; init; } = "";

    /// <summary>Value of access-control-expose-headers; empty = not sent.</summary>
    public string ExposeHeaders { get; init; } = "";

    /// <summary>Value of access-control-max-age; empty = not sent.</summary>
    public string MaxAge { get; init; } = "";

    /// <summary>Whether access-control-allow-credentials is sent.</summary>
    public bool AllowCredentials { get; init; }

    /// <summary>Whether a preflight request of an origin that is not allowed goes to the backend.</summary>
    public bool ForwardsUnmatchedPreflights { get; init; } = true;

    /// <summary>Whether an origin is allowed.</summary>
    public bool Allows(string origin)
    {
        foreach (StringMatcher matcher in AllowOrigins)
        {
            if (matcher.IsMatch("*") || matcher.IsMatch(origin))
                return true;
        }
        return false;
    }
}
