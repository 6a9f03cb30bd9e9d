using System.Net;
using Gateway.Config;

namespace Gateway.Clusters.Discovery;

/// <summary>Which addresses of a name are used.</summary>
internal enum DnsFamily
{
    /// <summary>The IPv4 addresses; the IPv6 ones where there are none, and as a second way where connecting fails.</summary>
    Auto,

    /// <summary>IPv4 alone.</summary>
    V4,

    /// <summary>IPv6 alone.</summary>
    V6,

    /// <summary>All, each for itself.</summary>
    All,
}

/// <summary>How one name is looked up and how long its answers are good. Compares by content.</summary>
internal sealed record DnsHostOptions
{
    /// <summary>Which addresses.</summary>
    public DnsFamily Family { get; init; }

    /// <summary>No answer is good for less.</summary>
    public TimeSpan MinTtl { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No answer is good for longer.</summary>
    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time between look-ups where the server says none, and the longest pause after failures.</summary>
    public TimeSpan RefreshRate { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the last good answer is used past its time while the resolver fails.</summary>
    public TimeSpan StaleFor { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Who is asked; empty = the system's resolvers.</summary>
    public EquatableArray<IPEndPoint> Servers { get; init; }

    /// <summary>Which addresses may be connected to.</summary>
    public AddressGuard Guard { get; init; } = AddressGuard.Registered;
}
