using System.Collections.Immutable;

namespace Gateway.Transport;

/// <summary>The event loops of the process. Linux only.</summary>
internal sealed class EventLoopGroup : IDisposable
{
    private uint _next;

    /// <param name="options">How many loops, and limits.</param>
    /// <param name="onError">Told of exceptions that escaped a callback.</param>
    /// <exception cref="PlatformNotSupportedException">This is not 64-bit Linux.</exception>
    public EventLoopGroup(EventLoopOptions options, Action<Exception>? onError = null)
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException("The event loop needs 64-bit Linux; use the socket transport.");

        Options = options;
        int count = options.Loops > 0 ? options.Loops : Environment.ProcessorCount;
        Loops = [.. Enumerable.Range(0, count).Select(index => new EventLoop(index, onError))];
        foreach (EventLoop loop in Loops)
            loop.Start();
    }

    /// <summary>Whether this system can have event loops.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>What they were made with.</summary>
    public EventLoopOptions Options { get; }

    /// <summary>All of them.</summary>
    public ImmutableArray<EventLoop> Loops { get; }

    /// <summary>The worst <see cref="EventLoop.Lag"/>.</summary>
    public TimeSpan Lag => Loops.Max(loop => loop.Lag);

    /// <summary>The next in turn.</summary>
    public EventLoop Next() => Loops[(int)(Interlocked.Increment(ref _next) % (uint)Loops.Length)];

    /// <summary>Resets all connections and ends the threads.</summary>
    public void Dispose()
    {
        foreach (EventLoop loop in Loops)
            loop.Dispose();
    }
}
