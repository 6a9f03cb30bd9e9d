using System.Globalization;
using System.Text;
using Gateway.Clusters.LoadBalancing;
using Gateway.Config.Model;
using Gateway.Routing;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns <c>loadBalancer</c> into a cluster's load balancer and what its requests are hashed by.</summary>
internal static class LoadBalancerCompiler
{
    private const int DefaultRingSize = 1024;
    private const int DefaultTableSize = 65_537;
    private const double DefaultMinimumPercent = 10;

    /// <summary>The load balancer.</summary>
    public static LoadBalancerConfig Compile(LoadBalancerSettings? settings)
    {
        if (settings?.ConsistentHash is { } hash)
        {
            if (hash.Maglev is { } maglev)
                return new LoadBalancerConfig { Algorithm = LoadBalancerAlgorithm.Maglev, TableSize = maglev.TableSize is > 0 and int size ? size : DefaultTableSize };
            int ring = hash.RingHash?.MinimumRingSize ?? hash.MinimumRingSize ?? 0;
            return new LoadBalancerConfig { Algorithm = LoadBalancerAlgorithm.RingHash, TableSize = ring > 0 ? ring : DefaultRingSize };
        }
        return new LoadBalancerConfig
        {
            Algorithm = settings?.Simple switch
            {
                SimpleLb.RoundRobin => LoadBalancerAlgorithm.RoundRobin,
                SimpleLb.Random => LoadBalancerAlgorithm.Random,
                _ => LoadBalancerAlgorithm.LeastRequest,
            },
            WarmUp = settings?.Simple == SimpleLb.Random ? null : WarmUp(settings),
        };
    }

    private static SlowStart? WarmUp(LoadBalancerSettings? settings) => settings switch
    {
        { Warmup: { Duration: { } window } warmup } when window > TimeSpan.Zero => new SlowStart(window, warmup.Aggression ?? 1, warmup.MinimumPercent ?? DefaultMinimumPercent),
        { WarmupDurationSecs: { } window } when window > TimeSpan.Zero => new SlowStart(window, 1, DefaultMinimumPercent),
        _ => null,
    };

    /// <summary>What requests are hashed by; null = nothing.</summary>
    public static HashPolicy? HashPolicy(ConsistentHash? hash)
    {
        if (hash is null)
            return null;
        if (!string.IsNullOrEmpty(hash.HttpHeaderName))
            return new HashPolicy { Source = HashSource.Header, Name = hash.HttpHeaderName };
        if (hash.HttpCookie is { Name: { Length: > 0 } name } cookie)
            return new HashPolicy { Source = HashSource.Cookie, Name = name, CookieTtl = cookie.Ttl, CookieAttributes = Attributes(cookie) };
        if (hash.UseSourceIp is true)
            return new HashPolicy { Source = HashSource.SourceIp };
        return string.IsNullOrEmpty(hash.HttpQueryParameterName)
            ? null
            : new HashPolicy { Source = HashSource.QueryParameter, Name = hash.HttpQueryParameterName };
    }

    private static string Attributes(HttpCookie cookie)
    {
        var text = new StringBuilder();
        if (cookie.Ttl is { } ttl && ttl > TimeSpan.Zero)
            text.Append(CultureInfo.InvariantCulture, $"; Max-Age={(long)ttl.TotalSeconds}");
        if (!string.IsNullOrEmpty(cookie.Path))
            text.Append(CultureInfo.InvariantCulture, $"; Path={cookie.Path}");
        foreach (HttpCookieAttribute attribute in cookie.Attributes)
        {
            text.Append("; ").Append(attribute.Name);
            if (!string.IsNullOrEmpty(attribute.Value))
                text.Append('=').Append(attribute.Value);
        }
        return text.Append("; HttpOnly").ToString();
    }
}
