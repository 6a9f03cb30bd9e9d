using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns one HTTPMatchRequest into the conditions of a route.</summary>
internal sealed class MatchCompiler(CompilationContext context, VirtualServiceRule rule)
{
    private static readonly RouteMatch Any = new();
    private bool _failed;

    /// <summary>The conditions; null = the match cannot be compiled, which has been reported.</summary>
    public RouteMatch? Compile(HttpMatchRequest? match)
    {
        if (match is null)
            return Any;
        var headers = new List<NamedMatcher>();
        var claims = new List<ClaimMatcher>();
        AddHeaders(match.Headers, false, headers, claims);
        AddHeaders(match.WithoutHeaders, true, headers, claims);
        headers.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        var parameters = new List<NamedMatcher>();
        foreach (KeyValuePair<string, StringMatch> entry in match.QueryParams)
            parameters.Add(new NamedMatcher(entry.Key, PresentOrValue(entry.Value)));
        var compiled = new RouteMatch
        {
            Path = Path(match),
            Method = Value(match.Method),
            Authority = Value(match.Authority),
            Scheme = Value(match.Scheme),
            Headers = headers.ToEquatableArray(),
            QueryParameters = parameters.ToEquatableArray(),
            Claims = claims.ToEquatableArray(),
        };
        return _failed ? null : compiled;
    }

    /// <summary>A prefix <c>/</c> is no condition: every path begins so.</summary>
    private StringMatcher? Path(HttpMatchRequest match) => match.Uri switch
    {
        null or { IsEmpty: true } or { Prefix: "/" } => null,
        { Prefix: { } prefix } when rule.HasSegmentPrefixes => StringMatcher.SegmentPrefix(prefix.TrimEnd('/'), match.IgnoreUriCase ?? false),
        _ => Value(match.Uri, match.IgnoreUriCase ?? false),
    };

    private void AddHeaders(EquatableMap<StringMatch> source, bool invert, List<NamedMatcher> headers, List<ClaimMatcher> claims)
    {
        foreach (KeyValuePair<string, StringMatch> entry in source)
        {
            StringMatcher matcher = PresentOrValue(entry.Value);
            if (ClaimMatcher.PathOf(entry.Key) is { } claim)
                claims.Add(new ClaimMatcher(claim, matcher, invert));
            else
                headers.Add(new NamedMatcher(context.Matchers.HeaderName(entry.Key), matcher, invert));
        }
    }

    /// <summary>In maps, no value or the expression <c>*</c> means "present".</summary>
    private StringMatcher PresentOrValue(StringMatch? match) =>
        match is null or { IsEmpty: true } or { Regex: "*" } ? StringMatcher.Present : Value(match)!;

    private StringMatcher? Value(StringMatch? match, bool ignoreCase = false)
    {
        if (match is null)
            return null;
        if (!context.Matchers.TryGet(match, ignoreCase, out StringMatcher matcher, out string error))
        {
            _failed = true;
            context.Report(DiagnosticCatalogue.BadRegex, rule.Origin, rule.FieldPath,
                $"The regular expression \"{match.Regex}\" cannot be compiled: {error} The match is left out.", match.Node);
        }
        return matcher;
    }
}
