namespace Gateway.Routing;

/// <summary>Faults injected into requests of a route. Istio <c>HTTPFaultInjection</c>. Immutable.</summary>
internal sealed record FaultPolicy
{
    /// <summary>How long a request is held back; zero = not.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Share of requests that are delayed.</summary>
    public Fraction DelayShare { get; init; }

    /// <summary>Status of the answer instead of the backend's; 0 = see <see cref="AbortGrpcStatus"/>.</summary>
    public int AbortStatus { get; init; }

    /// <summary>grpc-status of the answer; null = see <see cref="AbortStatus"/>.</summary>
    public int? AbortGrpcStatus { get; init; }

    /// <summary>Share of requests that are aborted.</summary>
    public Fraction AbortShare { get; init; }
}

/// <summary>A share of requests in millionths, as fine as Istio's percentages.</summary>
/// <param name="PerMillion">0 to 1,000,000.</param>
internal readonly record struct Fraction(int PerMillion)
{
    private const int Whole = 1_000_000;

    /// <summary>All requests.</summary>
    public static Fraction All => new(Whole);

    /// <summary>Whether every request is meant.</summary>
    public bool IsAll => PerMillion >= Whole;

    /// <summary>Reads a percentage with up to four decimals.</summary>
    public static Fraction FromPercent(double percent) => new((int)Math.Round(Math.Clamp(percent, 0, 100) * 10_000));

    /// <summary>Draws: whether this request is meant.</summary>
    public bool Draw(Random random) => PerMillion > 0 && (IsAll || random.Next(Whole) < PerMillion);

    /// <summary><c>12.5 %</c>.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{PerMillion / 10_000.0:0.####} %");
}
