namespace Gateway.Clusters.Http2;

/// <summary>
/// Counts frames that cost work and bring nothing: pings, settings, resets, empty data, unknown types. There is a stock of
/// them, which grows again with time and with every frame of use in either direction; when it is used up the peer is not
/// a server but an attacker.
/// </summary>
/// <param name="burst">The stock.</param>
internal struct Http2FloodGuard(int burst)
{
    private readonly int _burst = burst;
    private const int PerUse = 8;
    private const int MillisecondsEach = 10;

    private int _left = burst;
    private long _last;

    /// <summary>Something of use came or went.</summary>
    public void Use() => _left = Math.Min(_burst, _left + PerUse);

    /// <summary>A frame that brings nothing came; false = too many.</summary>
    /// <param name="nowMs">Any clock.</param>
    public bool Allow(long nowMs)
    {
        _left = (int)Math.Min(_burst, _left + ((nowMs - _last) / MillisecondsEach));
        _last = nowMs;
        return --_left >= 0;
    }
}
