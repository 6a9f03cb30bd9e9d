using Gateway.Config.Model;

namespace Gateway.Config.Resolution;

/// <summary>
/// Joins the rules of a delegate VirtualService into the root rule that names it. Pure: short names must have been
/// resolved before, as root and delegate may live in different namespaces.
/// </summary>
public static class DelegateMerge
{
    /// <summary>The rules that take the place of <paramref name="root"/>; a delegate rule that conflicts with every root match is left out.</summary>
    public static List<HttpRoute> Merge(HttpRoute root, IReadOnlyList<HttpRoute> delegateRoutes)
    {
        var merged = new List<HttpRoute>(delegateRoutes.Count);
        foreach (HttpRoute route in delegateRoutes)
        {
            if (MergeRoute(root, route) is { } result)
                merged.Add(result);
        }
        return merged;
    }

    /// <summary>One delegate rule inside the root rule; null = their matches exclude each other.</summary>
    public static HttpRoute? MergeRoute(HttpRoute root, HttpRoute route)
    {
        if (MergeMatches(root.Match, route.Match) is not { } match)
            return null;
        return route with
        {
            Match = match,
            Name = JoinNames(root.Name, route.Name),
            Rewrite = route.Rewrite ?? root.Rewrite,
            DirectResponse = route.DirectResponse ?? root.DirectResponse,
            Timeout = route.Timeout ?? root.Timeout,
            Retries = route.Retries ?? root.Retries,
            Fault = route.Fault ?? root.Fault,
            Mirror = route.Mirror ?? root.Mirror,
            MirrorPercent = route.MirrorPercent ?? root.MirrorPercent,
            MirrorPercentSnake = route.MirrorPercentSnake ?? root.MirrorPercentSnake,
            MirrorPercentage = route.MirrorPercentage ?? root.MirrorPercentage,
            Mirrors = route.Mirrors.IsEmpty ? root.Mirrors : route.Mirrors,
            CorsPolicy = route.CorsPolicy ?? root.CorsPolicy,
            Headers = route.Headers ?? root.Headers,
        };
    }

    /// <summary>
    /// Every pair of root and delegate match that goes together, delegate first; null = some delegate match lies outside
    /// all root matches, which drops the whole rule.
    /// </summary>
    public static EquatableArray<HttpMatchRequest>? MergeMatches(EquatableArray<HttpMatchRequest> root, EquatableArray<HttpMatchRequest> leaf)
    {
        if (root.IsEmpty)
            return leaf;
        if (leaf.IsEmpty)
            return root;
        var merged = new List<HttpMatchRequest>();
        foreach (HttpMatchRequest inner in leaf)
        {
            int before = merged.Count;
            foreach (HttpMatchRequest outer in root)
            {
                if (!IsConflict(outer, inner))
                    merged.Add(MergeMatch(outer, inner));
            }
            if (merged.Count == before)
                return null;
        }
        return merged.ToEquatableArray();
    }

    /// <summary>Whether a delegate match is not inside a root match.</summary>
    public static bool IsConflict(HttpMatchRequest root, HttpMatchRequest leaf) =>
        IsConflict(root.Uri, leaf.Uri)
        || IsConflict(root.Scheme, leaf.Scheme)
        || IsConflict(root.Method, leaf.Method)
        || IsConflict(root.Authority, leaf.Authority)
        || IsConflict(root.Headers, leaf.Headers)
        || IsConflict(root.WithoutHeaders, leaf.WithoutHeaders)
        || IsConflict(root.QueryParams, leaf.QueryParams)
        || (root.IgnoreUriCase ?? false) != (leaf.IgnoreUriCase ?? false)
        || (root.Port is > 0 && leaf.Port is > 0 && root.Port != leaf.Port)
        || (!string.IsNullOrEmpty(root.SourceNamespace) && root.SourceNamespace != leaf.SourceNamespace)
        || AreLabelsInConflict(root.SourceLabels, leaf.SourceLabels)
        || AreGatewaysInConflict(root.Gateways, leaf.Gateways);

    private static HttpMatchRequest MergeMatch(HttpMatchRequest root, HttpMatchRequest leaf) => leaf with
    {
        Name = JoinNames(root.Name, leaf.Name),
        Uri = leaf.Uri ?? root.Uri,
        Scheme = leaf.Scheme ?? root.Scheme,
        Method = leaf.Method ?? root.Method,
        Authority = leaf.Authority ?? root.Authority,
        Headers = Union(root.Headers, leaf.Headers),
        WithoutHeaders = Union(root.WithoutHeaders, leaf.WithoutHeaders),
        QueryParams = Union(root.QueryParams, leaf.QueryParams),
        Port = leaf.Port is > 0 ? leaf.Port : root.Port,
        SourceLabels = Union(root.SourceLabels, leaf.SourceLabels),
        SourceNamespace = string.IsNullOrEmpty(leaf.SourceNamespace) ? root.SourceNamespace : leaf.SourceNamespace,
        Gateways = leaf.Gateways.IsEmpty ? root.Gateways : leaf.Gateways,
        StatPrefix = string.IsNullOrEmpty(leaf.StatPrefix) ? root.StatPrefix : leaf.StatPrefix,
    };

    private static string? JoinNames(string? root, string? leaf)
    {
        if (string.IsNullOrEmpty(leaf))
            return root;
        return string.IsNullOrEmpty(root) ? leaf : $"{root}-{leaf}";
    }

    /// <summary>A regular expression goes with no other match; a prefix holds what begins with it; an exact value only itself.</summary>
    private static bool IsConflict(StringMatch? root, StringMatch? leaf)
    {
        if (root is null || leaf is null)
            return false;
        bool rootIsRegex = !string.IsNullOrEmpty(root.Regex);
        bool leafIsRegex = !string.IsNullOrEmpty(leaf.Regex);
        if (rootIsRegex || leafIsRegex)
            return true;
        if (!string.IsNullOrEmpty(root.Exact))
            return root.Exact != leaf.Exact;
        if (string.IsNullOrEmpty(root.Prefix))
            return true;
        string value = !string.IsNullOrEmpty(leaf.Prefix) ? leaf.Prefix : leaf.Exact ?? "";
        return value.Length == 0 || !value.StartsWith(root.Prefix, StringComparison.Ordinal);
    }

    private static bool IsConflict(EquatableMap<StringMatch> root, EquatableMap<StringMatch> leaf)
    {
        foreach (KeyValuePair<string, StringMatch> entry in leaf)
        {
            if (root.TryGetValue(entry.Key, out StringMatch? match) && IsConflict(match, entry.Value))
                return true;
        }
        return false;
    }

    private static bool AreLabelsInConflict(EquatableMap<string> root, EquatableMap<string> leaf)
    {
        foreach (KeyValuePair<string, string> label in leaf)
        {
            if (root.TryGetValue(label.Key, out string? value) && value != label.Value)
                return true;
        }
        return false;
    }

    private static bool AreGatewaysInConflict(EquatableArray<string> root, EquatableArray<string> leaf)
    {
        if (root.IsEmpty || leaf.IsEmpty)
            return false;
        if (root.Count < leaf.Count)
            return true;
        foreach (string gateway in leaf)
        {
            if (!root.Contains(gateway))
                return true;
        }
        return false;
    }

    private static EquatableMap<T> Union<T>(EquatableMap<T> root, EquatableMap<T> leaf)
    {
        if (root.IsEmpty)
            return leaf;
        if (leaf.IsEmpty)
            return root;
        return new EquatableMap<T>(root.Where(entry => !leaf.ContainsKey(entry.Key)).Concat(leaf));
    }
}
