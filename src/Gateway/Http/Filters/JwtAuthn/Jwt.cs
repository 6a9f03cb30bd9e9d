using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Text;
using Gateway.Matching;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>A token in JWS compact form, taken apart. That it was read says nothing about its signature.</summary>
internal sealed class Jwt
{
    private static readonly FrozenSet<string> Algorithms = new[]
    {
        "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly SearchValues<char> Base64UrlCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=");

    /// <summary><c>alg</c>, one of those known.</summary>
    public required string Algorithm { get; init; }

    /// <summary><c>kid</c>; empty = none.</summary>
    public required string KeyId { get; init; }

    /// <summary><c>iss</c>; empty = none.</summary>
    public required string Issuer { get; init; }

    /// <summary><c>aud</c>.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary><c>nbf</c>, seconds since 1970; 0 = none.</summary>
    public required double NotBefore { get; init; }

    /// <summary><c>exp</c>, seconds since 1970; null = none.</summary>
    public required double? Expiry { get; init; }

    /// <summary>All claims.</summary>
    public required ClaimValue Payload { get; init; }

    /// <summary>The payload as it stands in the token.</summary>
    public required string PayloadText { get; init; }

    /// <summary>What is signed: header and payload as they stand in the token.</summary>
    public required byte[] SignedBytes { get; init; }

    /// <summary>The signature.</summary>
    public required byte[] Signature { get; init; }

    /// <summary>Reads a token.</summary>
    /// <returns>What is wrong with it; null = nothing that can be seen without a key.</returns>
    public static JwtStatus? TryRead(ReadOnlySpan<char> token, out Jwt? jwt)
    {
        jwt = null;
        int first = token.IndexOf('.');
        int second = first < 0 ? -1 : token[(first + 1)..].IndexOf('.') + first + 1;
        if (first <= 0 || second <= first + 1 || second == token.Length - 1 || token[(second + 1)..].Contains('.'))
            return JwtStatus.BadFormat;

        if (Decode(token[..first]) is not { } headerBytes)
            return JwtStatus.HeaderBadBase64;
        if (ClaimValue.ReadObject(headerBytes) is not { } header)
            return JwtStatus.HeaderBadJson;
        if (header.Find("alg") is not { Kind: ClaimKind.Text } alg)
            return JwtStatus.HeaderBadAlg;
        if (!Algorithms.Contains(alg.Text))
            return JwtStatus.HeaderUnknownAlg;
        ClaimValue? kid = header.Find("kid");
        if (kid is { Kind: not ClaimKind.Text })
            return JwtStatus.HeaderBadKid;

        ReadOnlySpan<char> payloadText = token[(first + 1)..second];
        if (Decode(payloadText) is not { } payloadBytes)
            return JwtStatus.PayloadBadBase64;
        if (ClaimValue.ReadObject(payloadBytes) is not { } payload)
            return JwtStatus.PayloadBadJson;
        if (ClaimFault(payload, out List<string> audiences) is { } fault)
            return fault;
        if (Decode(token[(second + 1)..]) is not { } signature)
            return JwtStatus.SignatureBadBase64;
        jwt = new Jwt
        {
            Algorithm = alg.Text,
            KeyId = kid?.Text ?? "",
            Issuer = payload.Find("iss")?.Text ?? "",
            Audiences = audiences,
            NotBefore = payload.Find("nbf")?.Number ?? 0,
            Expiry = payload.Find("exp")?.Number,
            Payload = payload,
            PayloadText = payloadText.ToString(),
            SignedBytes = Encoding.ASCII.GetBytes(token[..second].ToString()),
            Signature = signature,
        };
        return null;
    }

    /// <summary>What is wrong with the token at a time; null = it is good then.</summary>
    /// <param name="now">Seconds since 1970.</param>
    public JwtStatus? TimeFault(long now) => TimeFault(now, NotBefore, Expiry);

    /// <summary>The same for the times alone. Clocks may differ by a minute.</summary>
    public static JwtStatus? TimeFault(long now, double notBefore, double? expiry)
    {
        const int Skew = 60;
        if (now + Skew < notBefore)
            return JwtStatus.NotYetValid;
        return expiry is { } end && now > end + Skew ? JwtStatus.Expired : null;
    }

    private static JwtStatus? ClaimFault(ClaimValue payload, out List<string> audiences)
    {
        audiences = [];
        if (payload.Find("iss") is { Kind: not ClaimKind.Text })
            return JwtStatus.IssuerNotString;
        if (payload.Find("sub") is { Kind: not ClaimKind.Text })
            return JwtStatus.SubjectNotString;
        JwtStatus? time = NumberFault(payload, "iat", JwtStatus.IssuedAtNotInteger, JwtStatus.IssuedAtOutOfRange)
            ?? NumberFault(payload, "nbf", JwtStatus.NotBeforeNotInteger, JwtStatus.NotBeforeOutOfRange)
            ?? NumberFault(payload, "exp", JwtStatus.ExpiryNotInteger, JwtStatus.ExpiryOutOfRange);
        if (time is not null)
            return time;
        if (payload.Find("jti") is { Kind: not ClaimKind.Text })
            return JwtStatus.IdNotString;
        switch (payload.Find("aud"))
        {
            case { Kind: ClaimKind.Text } one:
                audiences.Add(one.Text);
                return null;
            case { Kind: ClaimKind.List } list when list.Items.All(item => item.Kind == ClaimKind.Text):
                audiences.AddRange(list.Items.Select(item => item.Text));
                return null;
            case null:
                return null;
            default:
                return JwtStatus.AudienceNotString;
        }
    }

    private static JwtStatus? NumberFault(ClaimValue payload, string name, JwtStatus notInteger, JwtStatus outOfRange)
    {
        if (payload.Find(name) is not { } claim)
            return null;
        if (claim.Kind != ClaimKind.Number)
            return notInteger;
        return claim.Number is >= 0 and < ulong.MaxValue ? null : outOfRange;
    }

    // The platform's decoder passes over blanks, which no token has.
    private static byte[]? Decode(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyExcept(Base64UrlCharacters))
            return null;
        byte[] bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        // The decoder's Try… throws at what is not base64.
        return Base64Url.DecodeFromChars(text, bytes, out _, out int length) == OperationStatus.Done ? bytes[..length] : null;
    }
}
