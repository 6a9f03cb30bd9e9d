namespace Gateway.Integration.Tests.Acme;

/// <summary>A clock that jumps, as when somebody sets it; what measures spans goes on.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    /// <summary>How far the clock is from the truth.</summary>
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
