namespace Gateway.Transport;

/// <summary>
/// What a loop does at the end of its turn, in the order it was asked for. It holds no more than who may wait there: each
/// of the loop's client connections once, for what it sends, and each request that is sent on HTTP/1.1 once. Limits on
/// connections and on streams of HTTP/2 are therefore its limit. On the loop only.
/// </summary>
internal sealed class TurnEndQueue
{
    private const int InitialCapacity = 64;

    private Action[] _continuations = new Action[InitialCapacity];
    private int _count;

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _count == 0;

    /// <summary>Puts a continuation behind the others.</summary>
    public void Add(Action continuation)
    {
        if (_count == _continuations.Length)
            Array.Resize(ref _continuations, 2 * _count);

        _continuations[_count++] = continuation;
    }

    /// <summary>
    /// Runs what waits. Who waits again meanwhile waits for the next turn, so that one that always has more to send cannot
    /// starve the others.
    /// </summary>
    /// <param name="report">Told of exceptions that escape; the others run all the same.</param>
    public void Run(Action<Exception> report)
    {
        int count = _count;
        if (count == 0)
            return;

        for (int i = 0; i < count; i++)
        {
            try
            {
                _continuations[i]();
            }
            catch (Exception exception)
            {
                report(exception);
            }
        }

        _count -= count;
        Array.Copy(_continuations, count, _continuations, 0, _count);
        Array.Clear(_continuations, _count, count);
    }
}
