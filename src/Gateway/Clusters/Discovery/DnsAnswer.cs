using System.Collections.Immutable;
using System.Net;

namespace Gateway.Clusters.Discovery;

/// <summary>What a look-up gave.</summary>
internal enum DnsOutcome
{
    /// <summary>Addresses.</summary>
    Found,

    /// <summary>The name does not exist, or has no addresses.</summary>
    NotFound,

    /// <summary>No answer that can be used: what was known before stays good.</summary>
    Failed,
}

/// <summary>The answer of a look-up.</summary>
/// <param name="Outcome">What it gave.</param>
/// <param name="Addresses">The addresses in the server's order, IPv4 before IPv6.</param>
/// <param name="Ttl">How long it is good, for <see cref="DnsOutcome.NotFound"/> by the zone's SOA; null = nobody said.</param>
/// <param name="Detail">For people: who answered, or what went wrong.</param>
internal sealed record DnsAnswer(DnsOutcome Outcome, ImmutableArray<IPAddress> Addresses, TimeSpan? Ttl, string Detail)
{
    /// <summary>The names the answer was found under, in order, where the one asked for is an alias.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>An answer that is none.</summary>
    public static DnsAnswer Failure(string detail) => new(DnsOutcome.Failed, [], null, detail);
}
