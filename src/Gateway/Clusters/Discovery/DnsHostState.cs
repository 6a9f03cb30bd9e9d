using System.Collections.Immutable;
using System.Net;

namespace Gateway.Clusters.Discovery;

/// <summary>What is known of a name at one moment. Immutable.</summary>
internal sealed record DnsHostState
{
    /// <summary>The addresses in use.</summary>
    public ImmutableArray<IPAddress> Addresses { get; init; } = [];

    /// <summary>What the latest look-up gave; null = none has ended yet.</summary>
    public DnsOutcome? Outcome { get; init; }

    /// <summary>For people: who answered, or what went wrong.</summary>
    public string Detail { get; init; } = "not looked up yet";

    /// <summary>Names the addresses were found under.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>Addresses that were answered but may not be connected to, with the reasons.</summary>
    public ImmutableArray<string> Refused { get; init; } = [];

    /// <summary>When the latest usable answer (addresses, or that there are none) came; 0 = never. <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long AnsweredAt { get; init; }

    /// <summary>How long that answer is good.</summary>
    public TimeSpan Ttl { get; init; }

    /// <summary>Look-ups that failed since the latest usable answer.</summary>
    public int Failures { get; init; }

    /// <summary>When the next look-up is due. <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long NextAt { get; init; }

    /// <summary>The latest changes, newest last.</summary>
    public ImmutableArray<DnsChange> History { get; init; } = [];

    /// <summary>Why there is no address to connect to; null = there is one.</summary>
    public string? Problem => !Addresses.IsEmpty ? null
        : !Refused.IsEmpty && Outcome == DnsOutcome.Found ? $"refused: {string.Join(", ", Refused.Take(3))}"
        : Detail;
}

/// <summary>A change of what is known of a name.</summary>
/// <param name="Time">When.</param>
/// <param name="What">What it is from then on, in words.</param>
internal sealed record DnsChange(DateTimeOffset Time, string What);
