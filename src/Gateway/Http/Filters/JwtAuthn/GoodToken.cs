using System.Globalization;
using Gateway.Matching;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>What a rule makes of a token whose signature, issuer and audience are good. Immutable.</summary>
internal sealed class GoodToken
{
    public GoodToken(JwtRuleConfig rule, Jwt jwt, long now)
    {
        NotBefore = jwt.NotBefore;
        Expiry = jwt.Expiry;
        long longest = now + JwtTokenCache.LongestStay;
        KeepUntil = jwt.Expiry is { } expiry && expiry < longest ? (long)expiry : longest;
        PayloadText = jwt.PayloadText;
        Claims = Normalize(jwt.Payload, rule.SpaceDelimitedClaims);
        var outputs = new List<KeyValuePair<string, string>>();
        foreach (JwtClaimHeader output in rule.ClaimHeaders)
        {
            if (TextOf(Find(jwt.Payload, output.Claim)) is { Length: > 0 } text)
                outputs.Add(KeyValuePair.Create(output.Header, HeaderText.ToWire(text)));
        }
        Outputs = [.. outputs.Where(output => !output.Value.AsSpan().ContainsAny('\r', '\n', '\0'))];
    }

    /// <summary><c>nbf</c>.</summary>
    public double NotBefore { get; }

    /// <summary><c>exp</c>.</summary>
    public double? Expiry { get; }

    /// <summary>When it must be looked at anew, seconds since 1970.</summary>
    public long KeepUntil { get; }

    /// <summary>The claims as routes and policies see them.</summary>
    public ClaimValue Claims { get; }

    /// <summary>The payload as it stands in the token.</summary>
    public string PayloadText { get; }

    /// <summary>Headers made from claims.</summary>
    public KeyValuePair<string, string>[] Outputs { get; }

    private static ClaimValue Normalize(ClaimValue payload, Config.EquatableArray<string> names)
    {
        List<KeyValuePair<string, ClaimValue>>? lists = null;
        foreach (string name in names)
        {
            if (payload.Find(name) is { Kind: ClaimKind.Text } text)
                (lists ??= []).Add(KeyValuePair.Create(name, ClaimValue.OfTexts(text.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        }
        return lists is null ? payload : payload.With(lists);
    }

    private static ClaimValue? Find(ClaimValue payload, string path)
    {
        // A claim whose name has dots wins over nested ones.
        return payload.Find(path) ?? payload.Find(path.Split('.'));
    }

    private static string? TextOf(ClaimValue? claim) => claim switch
    {
        { Kind: ClaimKind.Text } => claim.Text,
        { Kind: ClaimKind.Boolean } => claim.Number == 1 ? "true" : "false",
        { Kind: ClaimKind.Number } => claim.Number is >= 0 and < ulong.MaxValue && Math.Floor(claim.Number) == claim.Number
            ? ((ulong)claim.Number).ToString(CultureInfo.InvariantCulture)
            : claim.Number.ToString("F6", CultureInfo.InvariantCulture),
        _ => null,
    };
}
