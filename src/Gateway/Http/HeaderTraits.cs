using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Http;

/// <summary>Which headers that an edge gateway treats in a way of their own a request has. Most have none, and cost no look-ups then.</summary>
[Flags]
internal enum HeaderTraits
{
    None = 0,

    /// <summary><c>x-envoy-…</c>: orders to a proxy.</summary>
    Control = 1,

    /// <summary><c>x-forwarded-…</c></summary>
    Forwarded = 2,

    /// <summary>connection, upgrade, keep-alive, proxy-connection, transfer-encoding.</summary>
    HopByHop = 4,

    /// <summary>te</summary>
    Te = 8,

    /// <summary>referer</summary>
    Referer = 16,
}

/// <summary>Finds <see cref="HeaderTraits"/>.</summary>
internal static class HeaderTraitsOf
{
    /// <summary>Of all headers together.</summary>
    public static HeaderTraits All(IHeaderDictionary headers)
    {
        HeaderTraits traits = HeaderTraits.None;
        foreach (KeyValuePair<string, StringValues> header in headers)
            traits |= Name(header.Key);
        return traits;
    }

    /// <summary>Of one name, whatever its case.</summary>
    public static HeaderTraits Name(string name)
    {
        if (name.Length == 0)
            return HeaderTraits.None;
        switch (name[0] | 0x20)
        {
            case 'x':
                return name.StartsWith("x-envoy-", StringComparison.OrdinalIgnoreCase) ? HeaderTraits.Control
                    : name.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase) ? HeaderTraits.Forwarded
                    : HeaderTraits.None;
            case 'c' when Is(name, HeaderNames.Connection):
            case 'u' when Is(name, HeaderNames.Upgrade):
            case 'k' when Is(name, HeaderNames.KeepAlive):
            case 'p' when Is(name, HeaderNames.ProxyConnection):
            case 't' when Is(name, HeaderNames.TransferEncoding):
                return HeaderTraits.HopByHop;
            case 't' when Is(name, HeaderNames.Te):
                return HeaderTraits.Te;
            case 'r' when Is(name, HeaderNames.Referer):
                return HeaderTraits.Referer;
            default:
                return HeaderTraits.None;
        }
    }

    private static bool Is(string name, string other) => name.Length == other.Length && name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
