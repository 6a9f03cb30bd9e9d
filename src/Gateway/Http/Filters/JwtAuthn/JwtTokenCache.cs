using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>A token by its hash: the token itself is not kept.</summary>
internal readonly record struct TokenHash(UInt128 High, UInt128 Low)
{
    /// <summary>Hashes a token.</summary>
    public static TokenHash Of(ReadOnlySpan<char> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // One byte per character would let two tokens meet; UTF-16 as it is does not.
        SHA256.HashData(MemoryMarshal.AsBytes(token), hash);
        return new TokenHash(MemoryMarshal.Read<UInt128>(hash), MemoryMarshal.Read<UInt128>(hash[16..]));
    }
}

/// <summary>
/// Tokens that were found good, by rule: at most <see cref="MaxTokens"/>, never beyond their expiry, and those without
/// one for <see cref="LongestStay"/>. The least used half goes first. Thread-safe.
/// </summary>
internal sealed class JwtTokenCache
{
    /// <summary>Most tokens kept.</summary>
    public const int MaxTokens = 8192;

    /// <summary>How long a token is kept at most, in seconds.</summary>
    public const long LongestStay = 300;

    private ConcurrentDictionary<TokenHash, GoodToken> _young = new();
    private ConcurrentDictionary<TokenHash, GoodToken> _old = new();

    /// <summary>Tokens kept.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>A token that was found good before; null = it is not known, or not good any more.</summary>
    public GoodToken? Find(TokenHash hash, long now)
    {
        if (!_young.TryGetValue(hash, out GoodToken? token))
        {
            if (!_old.TryRemove(hash, out token))
                return null;
            Keep(hash, token);
        }
        if (now < token.KeepUntil)
            return token;
        _young.TryRemove(hash, out _);
        return null;
    }

    /// <summary>Keeps a token.</summary>
    public void Add(TokenHash hash, GoodToken token, long now)
    {
        if (now < token.KeepUntil)
            Keep(hash, token);
    }

    private void Keep(TokenHash hash, GoodToken token)
    {
        ConcurrentDictionary<TokenHash, GoodToken> young = _young;
        young[hash] = token;
        if (young.Count <= MaxTokens / 2)
            return;
        var next = new ConcurrentDictionary<TokenHash, GoodToken>();
        if (Interlocked.CompareExchange(ref _young, next, young) == young)
            Volatile.Write(ref _old, young);
    }
}
