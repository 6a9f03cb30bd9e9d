using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Clusters;

/// <summary>
/// Connects to the first of several addresses that answers (RFC 8305): each next attempt begins when the one before has
/// failed or has taken a while, families by turns; the attempts that come second are given up.
/// </summary>
internal static class HappyEyeballs
{
    // RFC 8305, section 8.
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);
    private const int MaxAttempts = 8;

    /// <summary>The order in which addresses are tried: as given, but the families by turns, and no more than a few.</summary>
    public static ImmutableArray<EndPoint> Order(IReadOnlyCollection<EndPoint> addresses)
    {
        if (addresses.Count < 2)
            return [.. addresses];
        AddressFamily family = addresses.First().AddressFamily;
        EndPoint[] first = [.. addresses.Where(address => address.AddressFamily == family)];
        EndPoint[] second = [.. addresses.Where(address => address.AddressFamily != family)];
        var order = ImmutableArray.CreateBuilder<EndPoint>(addresses.Count);
        for (int i = 0; i < Math.Max(first.Length, second.Length) && order.Count < MaxAttempts; i++)
        {
            if (i < first.Length)
                order.Add(first[i]);
            if (i < second.Length && order.Count < MaxAttempts)
                order.Add(second[i]);
        }
        return order.ToImmutable();
    }

    /// <summary>Connects; if no attempt succeeds, the first one's exception is thrown.</summary>
    /// <param name="addresses">At least one, in order.</param>
    /// <param name="connect">One attempt; frees what it holds when it fails.</param>
    /// <param name="discard">Frees a connection that came too late.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends all attempts.</param>
    public static async Task<T> ConnectAsync<T>(
        ImmutableArray<EndPoint> addresses, Func<EndPoint, CancellationToken, Task<T>> connect, Action<T> discard, TimeProvider time, CancellationToken cancellationToken)
    {
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<T>> attempts = [];
        Exception? failure = null;
        int next = 0;
        try
        {
            while (true)
            {
                if (next < addresses.Length)
                    attempts.Add(connect(addresses[next++], others.Token));
                if (attempts.Count == 0)
                    throw failure!;
                Task<T> ended = await FirstEndedAsync(attempts, next < addresses.Length, time, others.Token);
                if (!ended.IsCompleted)
                    continue;
                attempts.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                    return await ended;
                failure ??= ended.Exception?.InnerException ?? new OperationCanceledException(cancellationToken);
                if (cancellationToken.IsCancellationRequested)
                    throw failure;
            }
        }
        finally
        {
            await others.CancelAsync();
            foreach (Task<T> attempt in attempts)
                _ = DiscardAsync(attempt, discard);
        }
    }

    /// <summary>The first attempt that has ended; the newest one, unended, if it is time for another.</summary>
    private static async Task<Task<T>> FirstEndedAsync<T>(List<Task<T>> attempts, bool hasNext, TimeProvider time, CancellationToken cancellationToken)
    {
        Task<Task<T>> any = Task.WhenAny(attempts);
        if (!hasNext)
            return await any;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task pause = Task.Delay(AttemptDelay, time, timer.Token);
        bool hasEnded = await Task.WhenAny(any, pause) == any;
        await timer.CancelAsync();
        return hasEnded ? await any : attempts[^1];
    }

    private static async Task DiscardAsync<T>(Task<T> attempt, Action<T> discard)
    {
        try
        {
            discard(await attempt);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // What it was for is done.
        }
    }
}
