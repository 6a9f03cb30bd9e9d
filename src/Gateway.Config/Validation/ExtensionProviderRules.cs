using System.Buffers;
using System.Globalization;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>What makes an extension provider unusable, as in Istio. A provider with a problem makes its CUSTOM policies deny; mesh settings stand.</summary>
public static class ExtensionProviderRules
{
    /// <summary>Largest body that is kept and sent, in bytes. A limit of ours.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    private const int MaxName = 63;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~");

    /// <summary>What is wrong with a provider's name, which stands in the names of rules; null = nothing.</summary>
    public static string? NameProblem(string name) =>
        name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExcept(NameCharacters) || name[0] == '-' || name[^1] == '-'
            ? $"its name must be 1 to {MaxName} lower-case letters, digits and hyphens, with no hyphen at either end"
            : null;

    /// <summary>What is wrong with a provider; null = nothing.</summary>
    public static string? Problem(ExtAuthzProvider provider)
    {
        if (provider.Service.Length == 0)
            return "its service is empty";
        if (provider.Port is < 1 or > 65535)
            return $"its port must be between 1 and 65535, not {provider.Port}";
        if (provider.StatusOnError.Length > 0 && Status(provider) is null)
            return $"its statusOnError \"{provider.StatusOnError}\" is no status code";
        if (provider.Timeout is { } timeout && timeout < TimeSpan.FromMilliseconds(1))
            return "its timeout must be at least 1 ms";
        if (provider.PathPrefix.Length > 0 && (provider.PathPrefix[0] != '/' || provider.PathPrefix.AsSpan().ContainsAnyExceptInRange('!', '~') || provider.PathPrefix.AsSpan().ContainsAny('?', '#')))
            return $"its pathPrefix \"{provider.PathPrefix}\" must begin with / and be a path";
        if (provider.Body is { } body && body.MaxRequestBytes is 0 or > MaxBodyBytes)
            return string.Create(CultureInfo.InvariantCulture, $"its maxRequestBytes must be between 1 and {MaxBodyBytes}, not {body.MaxRequestBytes}");
        foreach (EquatableArray<string> names in (ReadOnlySpan<EquatableArray<string>>)[provider.IncludeRequestHeaders, provider.HeadersToUpstreamOnAllow, provider.HeadersToDownstreamOnAllow, provider.HeadersToDownstreamOnDeny])
        {
            if (names.Contains("*"))
                return "a list of its headers has \"*\", where only exact names, prefix* and *suffix may stand";
        }
        foreach (KeyValuePair<string, string> header in provider.AdditionalHeaders)
        {
            if (!IsToken(header.Key) || header.Value.AsSpan().ContainsAny('\r', '\n', '\0'))
                return $"its additional header \"{header.Key}\" is no valid header";
        }
        return null;
    }

    /// <summary>The status of <c>statusOnError</c>; null = it is none that Envoy knows. Empty = 403.</summary>
    public static int? Status(ExtAuthzProvider provider)
    {
        if (provider.StatusOnError.Length == 0)
            return 403;
        if (!int.TryParse(provider.StatusOnError, NumberStyles.None, CultureInfo.InvariantCulture, out int status))
            return null;
        // Envoy's list of status codes, without the informational one, which would not end a request.
        return status is (>= 200 and <= 208) or 226 or (>= 300 and <= 308 and not 306) or (>= 400 and <= 417) or (>= 421 and <= 424) or 426 or 428 or 429 or 431
            or (>= 500 and <= 508) or 510 or 511 ? status : null;
    }

    private static bool IsToken(string name) => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(TokenCharacters);
}
