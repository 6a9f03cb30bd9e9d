using System.Text;
using System.Text.RegularExpressions;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Turns what a rule does into a route action: a redirect, else a direct response, else forwarding.
/// </summary>
/// <param name="context">The compilation.</param>
/// <param name="serverPort">The Gateway server's port.</param>
/// <param name="serverIsTls">Whether that server has a <c>tls</c> block: it decides which redirect port is a default one.</param>
internal sealed class ActionCompiler(CompilationContext context, int serverPort, bool serverIsTls)
{
    private static readonly int[] RedirectCodes = [301, 302, 303, 307, 308];
    private readonly HeaderOperationsCompiler _headers = new(context.Matchers);

    /// <summary>The action; null = the rule does nothing that can be served, which has been reported.</summary>
    public RouteAction? Compile(VirtualServiceRule rule)
    {
        if (rule.Rule.Redirect is { } redirect)
            return Redirect(rule, redirect);
        if (rule.Rule.DirectResponse is { } response)
            return DirectResponse(rule, response);
        return Forward(rule);
    }

    private RedirectAction? Redirect(VirtualServiceRule rule, HttpRedirect redirect)
    {
        int status = redirect.RedirectCode is > 0 and int code ? code : 301;
        if (!RedirectCodes.Contains(status))
        {
            context.Report(DiagnosticCatalogue.Invalid, rule.Origin, $"{rule.FieldPath}.redirect.redirectCode",
                $"{status} is no redirect code; the rule is left out.", redirect.Node);
            return null;
        }
        int? port = redirect.DerivePort == RedirectPortSelection.FromRequestPort ? serverPort : redirect.Port;
        string scheme = string.IsNullOrEmpty(redirect.Scheme) ? serverIsTls ? "https" : "http" : redirect.Scheme;
        return new RedirectAction
        {
            Status = status,
            Scheme = redirect.Scheme,
            Authority = redirect.Authority,
            Port = port is 0 || (port == 80 && scheme == "http") || (port == 443 && scheme == "https") ? null : port,
            Path = string.IsNullOrEmpty(redirect.PrefixRewrite) ? redirect.Uri : null,
            PrefixRewrite = redirect.PrefixRewrite,
            ResponseHeaders = _headers.OneLevel(rule.Rule.Headers?.Response),
        };
    }

    private DirectResponseAction DirectResponse(VirtualServiceRule rule, HttpDirectResponse response) => new()
    {
        Status = response.Status ?? 200,
        Body = Body(rule, response.Body),
        ResponseHeaders = _headers.OneLevel(rule.Rule.Headers?.Response),
    };

    private byte[] Body(VirtualServiceRule rule, HttpBody? body)
    {
        if (body?.String is { } text)
            return Encoding.UTF8.GetBytes(text);
        if (body?.Bytes is not { } base64)
            return [];
        byte[] decoded = new byte[base64.Length];
        if (Convert.TryFromBase64String(base64, decoded, out int length))
            return decoded[..length];
        context.Report(DiagnosticCatalogue.WrongType, rule.Origin, $"{rule.FieldPath}.directResponse.body.bytes", "The bytes are not base64; the body is empty.", body.Node);
        return [];
    }

    private ForwardAction? Forward(VirtualServiceRule rule)
    {
        EquatableArray<HttpRouteDestination> routes = rule.Rule.Route;
        var destinations = new List<WeightedCluster>(routes.Count);
        var hashes = new List<HashPolicy>();
        long total = 0;
        for (int i = 0; i < routes.Count; i++)
        {
            // A lone destination needs no weight; among several, weight 0 means "none of it".
            int weight = routes.Count == 1 ? 1 : routes[i].Weight ?? 0;
            if (weight <= 0 || routes[i].Destination is not { } destination)
                continue;
            total += weight;
            destinations.Add(Destination(rule, routes[i], destination, $"{rule.FieldPath}.route[{i}].destination", weight, routes.Count == 1));
            if (context.Clusters.HashPolicy(destination, rule.Namespace) is { } hash)
                hashes.Add(hash);
        }
        if (destinations.Count == 0)
        {
            context.Report(DiagnosticCatalogue.Invalid, rule.Origin, rule.FieldPath,
                "The rule has no destination with a weight above 0, no redirect and no direct response; it is left out.", rule.Rule.Node);
            return null;
        }
        if (!TryRewrite(rule, out PathRewrite? rewrite))
            return null;
        var policies = new RoutePolicyCompiler(rule, context);
        return new ForwardAction
        {
            Destinations = destinations.ToEquatableArray(),
            TotalWeight = total,
            PathRewrite = rewrite,
            HashPolicies = hashes.ToEquatableArray(),
            SplitsByHash = hashes.Count > 0 && context.Clusters.IsStickySplit(destinations),
            Timeout = policies.Timeout(),
            // Among several destinations a retry may go elsewhere, even if some of them are hashed.
            Retries = policies.Retries(context.Config.Mesh.DefaultHttpRetryPolicy, routes.Count == 1 && hashes.Count > 0),
            Fault = policies.Fault(),
            Cors = policies.Cors(),
            Mirrors = policies.Mirrors(serverPort),
            PolicyOrigins = policies.Origins,
        };
    }

    /// <summary>
    /// With one destination, Istio joins its header operations to those of the rule, so that its <c>set</c> wins; with
    /// several, those of the destination run first and the rule's <c>set</c> wins.
    /// </summary>
    private WeightedCluster Destination(
        VirtualServiceRule rule, HttpRouteDestination route, Destination destination, string fieldPath, int weight, bool isOnly)
    {
        HeaderRules? outer = rule.Rule.Headers;
        HeaderRules? inner = route.Headers;
        (string name, int index) = context.Clusters.Resolve(destination, rule, fieldPath, serverPort);
        string? rewriteAuthority = rule.Rule.Rewrite?.Authority;
        return new WeightedCluster
        {
            Cluster = name,
            ClusterIndex = index,
            Weight = weight,
            RequestHeaders = isOnly ? _headers.OneLevel(outer?.Request, inner?.Request) : _headers.Levels(inner?.Request, outer?.Request),
            ResponseHeaders = isOnly ? _headers.OneLevel(outer?.Response, inner?.Response) : _headers.Levels(inner?.Response, outer?.Response),
            HostRewrite = !string.IsNullOrEmpty(rewriteAuthority)
                ? rewriteAuthority
                : HeaderOperationsCompiler.Authority(outer?.Request) ?? HeaderOperationsCompiler.Authority(inner?.Request),
        };
    }

    private bool TryRewrite(VirtualServiceRule rule, out PathRewrite? rewrite)
    {
        rewrite = null;
        if (rule.Rule.Rewrite?.UriRegexRewrite is { Match: { } pattern } regexRewrite)
        {
            if (!RegexCompiler.TryCompile(pattern, out Regex? regex, out string? error))
            {
                context.Report(DiagnosticCatalogue.BadRegex, rule.Origin, $"{rule.FieldPath}.rewrite.uriRegexRewrite.match",
                    $"The regular expression \"{pattern}\" cannot be compiled: {error} The rule is left out.", regexRewrite.Node);
                return false;
            }
            rewrite = new PathRewrite { Regex = regex, Replacement = RegexCompiler.TranslateReplacement(regexRewrite.Rewrite ?? "") };
        }
        else if (rule.Rule.Rewrite?.Uri is { Length: > 0 } uri)
        {
            rewrite = new PathRewrite { Prefix = uri, KeepsSegments = rule.HasGatewaySemantics && uri == "/" };
        }
        return true;
    }
}
