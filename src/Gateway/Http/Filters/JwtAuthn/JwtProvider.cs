namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>A rule with its keys and with the tokens found good by them. Thread-safe.</summary>
internal sealed class JwtProvider(JwtRuleConfig rule, IJwksSource source)
{
    private volatile Memory? _memory;

    // What was found good by keys is forgotten with them.
    private sealed record Memory(JwtKeySet Keys, JwtTokenCache Tokens);

    /// <summary>The rule.</summary>
    public JwtRuleConfig Rule => rule;

    /// <summary>The keys.</summary>
    public IJwksSource Source => source;

    /// <summary>A token that was found good before, if it still is; null = it must be checked.</summary>
    public GoodToken? FindKnown(TokenHash hash, long now) =>
        _memory is { } memory && memory.Keys == source.Current ? memory.Tokens.Find(hash, now) : null;

    /// <summary>Checks a token, in Envoy's order: form, issuer, times, audience, signature.</summary>
    /// <returns>What is wrong with it; null = it is good.</returns>
    public async ValueTask<(JwtStatus? Status, GoodToken? Token)> CheckAsync(ReadOnlyMemory<char> text, TokenHash hash, long now, CancellationToken cancellationToken)
    {
        if (Jwt.TryRead(text.Span, out Jwt? jwt) is { } unreadable)
            return (unreadable, null);
        if (rule.Issuer.Length > 0 && jwt!.Issuer != rule.Issuer)
            return (JwtStatus.UnknownIssuer, null);
        if (jwt!.TimeFault(now) is { } outOfTime)
            return (outOfTime, null);
        if (!rule.Audiences.IsEmpty && !IsForUs(jwt.Audiences))
            return (JwtStatus.AudienceNotAllowed, null);
        if (await source.WaitAsync(cancellationToken) is not { } keys)
            return (rule.Keys.Inline is null ? JwtStatus.FetchFailed : JwtStatus.NoValidKeys, null);
        JwtStatus? bad = keys.Verify(jwt);
        if (bad is not null && NeedsNewerKeys(bad, jwt))
        {
            JwtKeySet newer = await source.RenewAsync(keys, cancellationToken);
            if (newer != keys)
            {
                keys = newer;
                bad = keys.Verify(jwt);
            }
        }
        if (bad is not null)
            return (bad, null);
        var good = new GoodToken(rule, jwt, now);
        Memory memory = _memory is { } known && known.Keys == keys ? known : _memory = new Memory(keys, new JwtTokenCache());
        memory.Tokens.Add(hash, good, now);
        return (null, good);
    }

    // A key under a new name, or one of keys without names.
    private static bool NeedsNewerKeys(JwtStatus bad, Jwt jwt) =>
        bad == JwtStatus.NoMatchingKey || bad == JwtStatus.NoValidKeys || (bad == JwtStatus.VerificationFails && jwt.KeyId.Length == 0);

    // A slash at the end of an audience makes no difference, as in Envoy.
    private bool IsForUs(IReadOnlyList<string> audiences)
    {
        foreach (string audience in audiences)
        {
            foreach (string allowed in rule.Audiences)
            {
                if (Sanitize(audience).SequenceEqual(Sanitize(allowed)))
                    return true;
            }
        }
        return false;
    }

    private static ReadOnlySpan<char> Sanitize(string audience)
    {
        ReadOnlySpan<char> text = audience;
        if (text.StartsWith("https://"))
            text = text[8..];
        else if (text.StartsWith("http://"))
            text = text[7..];
        return text.EndsWith("/") ? text[..^1] : text;
    }
}
