using System.Collections.Immutable;
using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Tls;
using Microsoft.Extensions.Logging;

namespace Gateway.Http.Filters.JwtAuthn;

/// <summary>
/// Owns the rules with their keys and their memory from one snapshot to the next: what is configured the same goes on.
/// Used by one writer.
/// </summary>
internal sealed class JwtRegistry(
    DnsResolver resolver, Func<UpstreamTlsConfig, UpstreamTlsContext?> findTls, JwksTiming timing, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    // What is fetched when a configuration comes is waited for so long; requests wait for the rest themselves.
    private static readonly TimeSpan LongestWarming = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = loggers.CreateLogger<JwtRegistry>();
    private Dictionary<JwtRuleConfig, JwtProvider> _providers = [];
    private Dictionary<JwksLocation, RemoteJwks> _remote = [];

    /// <summary>Key sets that are fetched.</summary>
    public IReadOnlyCollection<RemoteJwks> Remote => _remote.Values;

    /// <summary>Makes the verifier of a snapshot; null = no token is looked at.</summary>
    public JwtVerifier? Link(EquatableArray<JwtRuleConfig> rules)
    {
        var providers = new Dictionary<JwtRuleConfig, JwtProvider>();
        var remote = new Dictionary<JwksLocation, RemoteJwks>();
        var list = ImmutableArray.CreateBuilder<JwtProvider>();
        foreach (JwtRuleConfig rule in rules)
        {
            if (!providers.TryGetValue(rule, out JwtProvider? provider))
            {
                IJwksSource source = rule.Keys.Inline is { } inline ? Inline(inline) : Fetched(rule.Keys, remote);
                provider = _providers.TryGetValue(rule, out JwtProvider? known) && (rule.Keys.Inline is not null || known.Source == source) ? known : new JwtProvider(rule, source);
                providers.Add(rule, provider);
            }
            list.Add(provider);
        }
        _providers = providers;
        foreach ((JwksLocation location, RemoteJwks jwks) in _remote)
        {
            if (!remote.ContainsKey(location))
                jwks.Dispose();
        }
        _remote = remote;
        return list.Count == 0 ? null : new JwtVerifier(list.ToImmutable());
    }

    /// <summary>Waits until all keys were asked for once, but not for long.</summary>
    public async Task WarmAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LongestWarming, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await Task.WhenAll(_remote.Values.Select(jwks => jwks.WaitAsync(either.Token).AsTask()));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Later ones come by themselves.
        }
    }

    public void Dispose()
    {
        foreach (RemoteJwks jwks in _remote.Values)
            jwks.Dispose();
    }

    /// <summary>Keys written in a policy; those that cannot be read refuse every token.</summary>
    public static FixedJwks Inline(string keys) => JwtKeySet.TryRead(Encoding.UTF8.GetBytes(keys)) is { } read ? new FixedJwks(read) : FixedJwks.None;

    private RemoteJwks Fetched(JwksLocation location, Dictionary<JwksLocation, RemoteJwks> remote)
    {
        if (remote.TryGetValue(location, out RemoteJwks? jwks))
            return jwks;
        jwks = _remote.TryGetValue(location, out RemoteJwks? known)
            ? known
            : new RemoteJwks(location, new JwksFetcher(location, resolver, findTls, time), timing, time, _logger);
        remote.Add(location, jwks);
        return jwks;
    }
}
