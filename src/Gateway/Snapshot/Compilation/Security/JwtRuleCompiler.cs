using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Http.Filters.JwtAuthn;

namespace Gateway.Snapshot.Compilation.Security;

/// <summary>Compiles the rules of RequestAuthentications.</summary>
internal sealed class JwtRuleCompiler(CompilationContext context)
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The rules of one policy.</summary>
    public List<JwtRuleConfig> Compile(Resource<RequestAuthenticationSpec> policy)
    {
        var rules = new List<JwtRuleConfig>();
        for (int i = 0; i < policy.Spec.JwtRules.Count; i++)
            rules.Add(Compile(policy, policy.Spec.JwtRules[i], $"spec.jwtRules[{i}]"));
        return rules;
    }

    private JwtRuleConfig Compile(Resource<RequestAuthenticationSpec> policy, JwtRule rule, string path)
    {
        bool isDefault = rule.FromHeaders.IsEmpty && rule.FromParams.IsEmpty && rule.FromCookies.IsEmpty;
        IEnumerable<JwtHeaderLocation> headers = isDefault
            ? [new JwtHeaderLocation("authorization", "Bearer ")]
            : rule.FromHeaders.Select(header => new JwtHeaderLocation(header.Name.ToLowerInvariant(), header.Prefix));
        return new JwtRuleConfig
        {
            Policy = policy.Id.ToString(),
            Issuer = rule.Issuer,
            Audiences = rule.Audiences,
            Keys = Keys(policy, rule, path),
            // Envoy keeps them in maps.
            Headers = [.. headers.DistinctBy(header => header.Name + header.Prefix).OrderBy(header => header.Name + header.Prefix, StringComparer.Ordinal)],
            Parameters = [.. (isDefault ? ["access_token"] : rule.FromParams).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Cookies = [.. rule.FromCookies.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            IsRequired = rule.Presence == JwtPresence.Required,
            ForwardsToken = rule.ForwardOriginalToken,
            PayloadHeader = rule.OutputPayloadToHeader is { Length: > 0 } payload ? payload.ToLowerInvariant() : null,
            ClaimHeaders = [.. rule.OutputClaimToHeaders.Select(output => new JwtClaimHeader(output.Header.ToLowerInvariant(), output.Claim))],
            SpaceDelimitedClaims = [.. rule.SpaceDelimitedClaims.Append("scope").Append("permission").Distinct(StringComparer.Ordinal)],
        };
    }

    private JwksLocation Keys(Resource<RequestAuthenticationSpec> policy, JwtRule rule, string path)
    {
        if (rule.Jwks is { Length: > 0 } inline)
        {
            ReportKeys(policy, inline, $"{path}.jwks");
            return new JwksLocation { Inline = inline };
        }
        string? uri = rule.JwksUri is { Length: > 0 } written ? written : null;
        if (uri is null && !Uri.TryCreate(rule.Issuer, UriKind.Absolute, out _))
        {
            context.Report(DiagnosticCatalogue.NoKeys, policy, path,
                "The rule has neither jwks nor jwksUri, and its issuer is no URL that could tell where the keys are: every token of it is refused.", rule.Node);
        }
        return new JwksLocation { Uri = uri, Issuer = uri is null ? rule.Issuer : "", Timeout = rule.Timeout ?? DefaultTimeout, Endpoints = Endpoints(uri ?? rule.Issuer) };
    }

    private void ReportKeys(Resource policy, string inline, string path)
    {
        JwtKeySet? keys = JwtKeySet.TryRead(Encoding.UTF8.GetBytes(inline));
        foreach (string unused in keys?.Unused ?? [])
            context.Report(DiagnosticCatalogue.NoKeys, policy, path, $"A key is not used: {unused}.");
        if (keys is null or { Count: 0 })
            context.Report(DiagnosticCatalogue.NoKeys, policy, path, "There is no usable key: every token of the rule is refused.");
    }

    /// <summary>The addresses of a host of the mesh; empty = DNS is asked.</summary>
    private EquatableArray<string> Endpoints(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || context.Services.Find(parsed.IdnHost, context.Identity.Namespace) is not { } service)
            return default;
        return service.FindPort(parsed.Port) is not { } port
            ? default
            : [.. port.Endpoints.Where(endpoint => endpoint.Port > 0).Select(endpoint => string.Create(CultureInfo.InvariantCulture, $"{endpoint.Address}:{endpoint.Port}"))];
    }
}
