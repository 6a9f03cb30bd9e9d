using Gateway.Http.Filters.Rbac;
using Gateway.Matching;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>An external authorization service and how it is asked.</summary>
internal sealed class ExtAuthzConfig
{
    /// <summary>Name of the extension provider.</summary>
    public required string Provider { get; init; }

    /// <summary>Whether it speaks gRPC.</summary>
    public bool IsGrpc { get; init; }

    /// <summary>The cluster, among those of the snapshot.</summary>
    public required int ClusterIndex { get; init; }

    /// <summary>Authority of gRPC calls; HTTP checks carry the request's own.</summary>
    public string Authority { get; init; } = "";

    /// <summary>How long a check may take.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Whether requests pass when there is no answer.</summary>
    public bool FailsOpen { get; init; }

    /// <summary>Status of the denial when there is no answer.</summary>
    public int StatusOnError { get; init; } = 403;

    /// <summary>Most bytes of the body that are sent; 0 = none.</summary>
    public int MaxBodyBytes { get; init; }

    /// <summary>Whether the beginning of a larger body is sent; else the request gets 413.</summary>
    public bool AllowsPartialBody { get; init; }

    /// <summary>Whether gRPC gets the body as bytes.</summary>
    public bool PacksBytes { get; init; }

    /// <summary>Before the path of HTTP checks.</summary>
    public string PathPrefix { get; init; } = "";

    /// <summary>Request headers that HTTP checks carry beside <c>host</c> and <c>authorization</c>.</summary>
    public HeaderNamePatterns CheckedHeaders { get; init; } = HeaderNamePatterns.None;

    /// <summary>Headers that HTTP checks carry in addition.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> AdditionalHeaders { get; init; } = [];

    /// <summary>Headers of an HTTP answer that replace those of the request.</summary>
    public HeaderNamePatterns ToUpstream { get; init; } = HeaderNamePatterns.None;

    /// <summary>Headers of an allowing HTTP answer that are added to the response.</summary>
    public HeaderNamePatterns ToDownstreamOnAllow { get; init; } = HeaderNamePatterns.None;

    /// <summary>Headers of a denying HTTP answer that the client gets; null = all.</summary>
    public HeaderNamePatterns? ToDownstreamOnDeny { get; init; }
}

/// <summary>Names of headers: exact, <c>prefix*</c>, <c>*suffix</c> or <c>*</c>, in any case.</summary>
internal sealed class HeaderNamePatterns(IEnumerable<string> names)
{
    /// <summary>No name.</summary>
    public static HeaderNamePatterns None { get; } = new([]);

    private readonly TextPattern[] _patterns = [.. names.Select(name => TextPattern.Wildcard(name, ignoreCase: true))];

    /// <summary>Whether a name is one of them.</summary>
    public bool Contains(string name)
    {
        foreach (TextPattern pattern in _patterns)
        {
            if (pattern.IsMatch(name))
                return true;
        }
        return false;
    }
}

/// <summary>The CUSTOM rules of one provider.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Service">Whom to ask; null = nobody can be asked, what matches is denied.</param>
/// <param name="Rules">About which requests.</param>
internal sealed record CustomRules(string Provider, ExtAuthzConfig? Service, RbacEngine Rules);
