using System.Collections.Immutable;
using System.Net;

namespace Gateway.Acme;

/// <summary>When orders are tried, and how often. The defaults stay far below the limits of public authorities.</summary>
internal sealed record AcmeTiming
{
    /// <summary>How long one exchange with the authority may take.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause between looks at an order under way, unless the authority names one.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long the authority may take to check a challenge or to sign.</summary>
    public TimeSpan OrderTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often the state that replicas share is looked at.</summary>
    public TimeSpan Watch { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest pause after failures, and longest that an authority can ask for.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Shortest time between two orders of one certificate, whatever the clock and the authority say.</summary>
    public TimeSpan AfterSuccess { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often renewal information is fetched, unless the authority says.</summary>
    public TimeSpan RenewalInfo { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Orders for one name within an hour.</summary>
    public int OrdersPerHour { get; init; } = 4;

    /// <summary>Orders for one name within a week.</summary>
    public int OrdersPerWeek { get; init; } = 20;

    /// <summary>How often the holder of a lock shows that it lives.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A lock whose holder has not shown that it lives for so long is free.</summary>
    public TimeSpan LockStale { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>How certificates are ordered.</summary>
internal sealed record AcmeOptions
{
    /// <summary>The directory that replicas share; null = nothing is ordered.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>When.</summary>
    public AcmeTiming Timing { get; init; } = new();

    /// <summary>Who is asked for names before an order; empty = the system's resolvers, which may see another DNS than the authority.</summary>
    public ImmutableArray<IPEndPoint> NameServers { get; init; } = [];

    /// <summary>The port that HTTP-01 comes to, looked at before an order.</summary>
    public int HttpPort { get; init; } = 80;

    /// <summary>The port that TLS-ALPN-01 comes to, looked at before an order.</summary>
    public int TlsPort { get; init; } = 443;
}
