using System.Collections.Immutable;
using Gateway.Matching;
using Microsoft.AspNetCore.Http;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>What became of the tokens of a request.</summary>
/// <param name="Failure">Why it is refused; null = it passes.</param>
/// <param name="Claims">Claims of the valid token; null = there is none.</param>
/// <param name="Query">The query without tokens that do not go upstream.</param>
/// <param name="Rule">The rule whose token is valid; null = none.</param>
internal readonly record struct JwtOutcome(JwtStatus? Failure, ClaimValue? Claims, string Query, JwtRuleConfig? Rule);

/// <summary>
/// All rules for a gateway together: a request passes if one rule finds its tokens good, or if no rule finds a token and
/// none requires one. All tokens that a rule finds must be good.
/// </summary>
internal sealed class JwtVerifier
{
    private readonly ImmutableArray<JwtProvider> _providers;
    private readonly string[] _outputHeaders;
    private readonly bool _isRequired;

    /// <param name="providers">In the order of their issuers, as Istio sorts them.</param>
    public JwtVerifier(ImmutableArray<JwtProvider> providers)
    {
        _providers = providers;
        _isRequired = providers.Any(provider => provider.Rule.IsRequired);
        _outputHeaders =
        [
            .. providers.SelectMany(provider => provider.Rule.ClaimHeaders.Select(output => output.Header).Append(provider.Rule.PayloadHeader))
                .OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase),
        ];
        TokenParameters = [.. providers.SelectMany(provider => provider.Rule.Parameters).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The rules.</summary>
    public ImmutableArray<JwtProvider> Providers => _providers;

    /// <summary>Query parameters that may carry tokens.</summary>
    public IReadOnlyList<string> TokenParameters { get; }

    /// <summary>Whether a request is a CORS preflight: it comes without credentials and is not asked for them.</summary>
    public static bool IsPreflight(string method, IHeaderDictionary headers) =>
        HttpMethods.IsOptions(method) && headers.Origin.ToString().Length > 0 && headers.AccessControlRequestMethod.ToString().Length > 0;

    /// <summary>Removes what only the gateway may say.</summary>
    public void Sanitize(IHeaderDictionary headers)
    {
        foreach (string header in _outputHeaders)
            headers.Remove(header);
    }

    /// <summary>Checks the tokens of a request; if it passes, <paramref name="headers"/> are changed to what goes on.</summary>
    public async ValueTask<JwtOutcome> VerifyAsync(IHeaderDictionary headers, string query, long now, CancellationToken cancellationToken)
    {
        JwtStatus? worst = null;
        foreach (JwtProvider provider in _providers)
        {
            if (JwtLocations.Find(provider.Rule, headers, query) is not { } tokens)
                continue;
            JwtStatus? failure = null;
            GoodToken[] good = new GoodToken[tokens.Count];
            // Envoy looks at the last one first, and what the first one says is what stays.
            for (int i = tokens.Count - 1; i >= 0 && failure is null; i--)
            {
                var hash = TokenHash.Of(tokens[i].Text.Span);
                if (provider.FindKnown(hash, now) is { } known)
                {
                    good[i] = known;
                    failure = Jwt.TimeFault(now, known.NotBefore, known.Expiry);
                    continue;
                }
                (failure, GoodToken? token) = await provider.CheckAsync(tokens[i].Text, hash, now, cancellationToken);
                if (token is not null)
                    good[i] = token;
            }
            if (failure is null)
                return new JwtOutcome(null, good[0].Claims, Accept(provider.Rule, tokens, good, headers, query), provider.Rule);
            if (worst is null || failure != JwtStatus.UnknownIssuer)
                worst = failure;
        }
        return new JwtOutcome(worst ?? (_isRequired ? JwtStatus.Missing : null), null, query, null);
    }

    private static string Accept(JwtRuleConfig rule, List<FoundToken> tokens, GoodToken[] good, IHeaderDictionary headers, string query)
    {
        for (int i = tokens.Count - 1; i >= 0; i--)
        {
            if (rule.PayloadHeader is { } payload)
                headers.Append(payload, good[i].PayloadText);
            foreach ((string header, string value) in good[i].Outputs)
                headers.Append(header, value);
            if (rule.ForwardsToken)
                continue;
            if (tokens[i].Place == JwtPlace.Header)
                headers.Remove(tokens[i].Name);
            else if (tokens[i].Place == JwtPlace.Parameter)
                query = JwtLocations.Remove(query, tokens[i].Name);
        }
        return query;
    }
}
