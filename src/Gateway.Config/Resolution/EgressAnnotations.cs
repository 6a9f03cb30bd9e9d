using Gateway.Config.Binding;

namespace Gateway.Config.Resolution;

/// <summary>Annotations of our own by which resources say more about egress than Istio's fields can.</summary>
public static class EgressAnnotations
{
    /// <summary>ServiceEntry: no DNS answer is good for less than this duration.</summary>
    public const string DnsMinTtl = "egress.gateway/dns-min-ttl";

    /// <summary>ServiceEntry: no DNS answer is good for longer than this duration.</summary>
    public const string DnsMaxTtl = "egress.gateway/dns-max-ttl";

    /// <summary>ServiceEntry: time between look-ups where the server says none; null = the mesh's <c>dnsRefreshRate</c>.</summary>
    public const string DnsRefresh = "egress.gateway/dns-refresh";

    /// <summary>ServiceEntry: how long the last good answer is used while the resolver fails.</summary>
    public const string DnsStaleFor = "egress.gateway/dns-stale-for";

    /// <summary>ServiceEntry: DNS servers to ask, <c>ADDRESS[:PORT]</c>, separated by commas.</summary>
    public const string DnsResolvers = "egress.gateway/dns-resolvers";

    /// <summary>ServiceEntry: <c>auto</c>, <c>v4</c>, <c>v6</c> or <c>all</c>.</summary>
    public const string DnsFamily = "egress.gateway/dns-family";

    /// <summary>ServiceEntry: addresses that its names may lead to although they are none of the Internet: <c>loopback</c>, <c>link-local</c>, <c>private</c>, <c>own</c>, or networks.</summary>
    public const string AllowAddresses = "egress.gateway/allow-addresses";

    /// <summary>ServiceEntry with resolution NONE: <c>true</c> = its hosts are looked up by the names that clients ask for, as with DYNAMIC_DNS.</summary>
    public const string Dynamic = "egress.gateway/dynamic";

    /// <summary>Gateway: <c>true</c> = clients may use its HTTP servers as a forward proxy.</summary>
    public const string ForwardProxy = "egress.gateway/forward-proxy";

    /// <summary>Gateway that is a forward proxy: <c>REGISTRY_ONLY</c> (default) or <c>ALLOW_ANY</c>.</summary>
    public const string OutboundTrafficPolicy = "egress.gateway/outbound-traffic-policy";

    /// <summary>Reads a duration as Istio writes them (<c>90s</c>, <c>1h30m</c>); it must be positive.</summary>
    public static bool TryReadDuration(string text, out TimeSpan value) => GoDuration.TryParse(text.Trim(), out value) && value > TimeSpan.Zero;
}
