namespace Gateway.Listeners;

/// <summary>Open connections over all ports.</summary>
internal sealed class ConnectionCount
{
    private int _value;

    /// <summary>How many there are.</summary>
    public int Value => Volatile.Read(ref _value);

    public void Increment() => Interlocked.Increment(ref _value);

    public void Decrement() => Interlocked.Decrement(ref _value);
}
