using System.Globalization;
using System.Text.Json;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A RequestAuthentication: its rules one by one.</summary>
internal static class RequestAuthenticationValidator
{
    // d of RSA, EC and OKP keys; k of symmetric ones.
    private static readonly string[] PrivateMembers = ["d", "k"];

    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, RequestAuthenticationSpec spec)
    {
        PolicyTargetRules.Check(findings, spec, spec);
        foreach (JwtRule rule in spec.JwtRules)
            CheckRule(findings, rule);
    }

    private static void CheckRule(Findings findings, JwtRule rule)
    {
        for (int i = 0; i < rule.Audiences.Count; i++)
        {
            if (rule.Audiences[i].Length == 0)
                findings.Error(rule, "audiences", i, "An audience must be a non-empty string, at least 1 chars long.");
        }
        if (rule.Issuer.Length == 0 && string.IsNullOrEmpty(rule.JwksUri))
            findings.Error(rule, "", "issuer or jwksUri must be a non-empty string.");
        if (rule.JwksUri is { } uri && UriFault(uri) is { } fault)
            findings.Error(rule, rule.Node["jwksUri"] is null ? "jwks_uri" : "jwksUri", fault);
        if (rule.Jwks is { Length: > 0 } keys)
            CheckKeys(findings, rule, keys);
        foreach (JwtHeader header in rule.FromHeaders)
        {
            if (header.Name.Length == 0)
                findings.Error(header, "name", "The name of a header must be set: Required value, a non-empty string at least 1 chars long.");
        }
        CheckNames(findings, rule, "fromParams", rule.FromParams);
        CheckNames(findings, rule, "fromCookies", rule.FromCookies);
        CheckNames(findings, rule, "spaceDelimitedClaims", rule.SpaceDelimitedClaims);
        foreach (ClaimToHeader output in rule.OutputClaimToHeaders)
        {
            if (output.Claim.Length == 0)
                findings.Error(output, "claim", "The claim must be a non-empty string: it should be at least 1 chars long.");
            if (output.Header.Length == 0)
                findings.Error(output, "header", "The header must be a non-empty string: it should be at least 1 chars long.");
            else if (!IsStrictName(output.Header))
                findings.Error(output, "header", $"\"{output.Header}\" is not a valid header name; it should match '^[-_A-Za-z0-9]+$'.");
        }
        if (rule.OutputPayloadToHeader is { Length: > 0 } payload && HeaderNameRules.ForCors(payload) is { } nameFault)
            findings.Error(rule, "outputPayloadToHeader", nameFault);
        if (rule.Timeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout.Ticks % TimeSpan.TicksPerMillisecond != 0))
            findings.Error(rule, "timeout", "The timeout must be a valid duration greater than 1ms, in whole milliseconds.");
    }

    private static void CheckNames(Findings findings, JwtRule rule, string field, EquatableArray<string> names)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i].Length == 0)
                findings.Error(rule, field, i, $"A name in {field} must be a non-empty string, at least 1 chars long.");
        }
    }

    private static bool IsStrictName(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        }
        return true;
    }

    private static string? UriFault(string uri)
    {
        int scheme = uri.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || !(uri.AsSpan(0, scheme).Equals("http", StringComparison.OrdinalIgnoreCase) || uri.AsSpan(0, scheme).Equals("https", StringComparison.OrdinalIgnoreCase)))
            return $"\"{uri}\": the url must have scheme http:// or https://.";
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || parsed.Host.Length == 0)
            return $"\"{uri}\" is not a valid url.";
        return parsed.Port is >= 0 and <= 65535 ? null : string.Create(CultureInfo.InvariantCulture, $"\"{uri}\": the port {parsed.Port} is not valid.");
    }

    // The key itself never stands in a finding.
    private static void CheckKeys(Findings findings, JwtRule rule, string keys)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(keys);
            JsonElement root = document.RootElement;
            bool isSet = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("keys", out JsonElement list) && list.ValueKind == JsonValueKind.Array;
            bool isKey = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("kty", out _);
            if (!isSet && !isKey)
            {
                findings.Error(rule, "jwks", "jwks parse error: it is neither a key nor an object with a list of keys.");
                return;
            }
            int index = 0;
            foreach (JsonElement key in isSet ? [.. root.GetProperty("keys").EnumerateArray()] : (JsonElement[])[root])
            {
                if (key.ValueKind != JsonValueKind.Object || !key.TryGetProperty("kty", out JsonElement type) || type.ValueKind != JsonValueKind.String)
                    findings.Error(rule, "jwks", $"jwks parse error: the key at index {index} has no kty.");
                else if (PrivateMembers.Any(member => key.TryGetProperty(member, out _)))
                    findings.Warning(rule, "jwks", $"The jwks key at index {index} contains private key material; only public keys are used for verification.");
                index++;
            }
        }
        catch (JsonException)
        {
            findings.Error(rule, "jwks", "jwks parse error: it is not valid JSON.");
        }
    }
}
