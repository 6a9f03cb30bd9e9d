using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Bench;

/// <summary>Waits for sockets with a time of microseconds, which .NET's own waits do not have.</summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    private const int Adding = 1, Removing = 2, TimerSlack = 29;
    private const uint Readable = 1;

    // An event is a mask and 64 bits of ours; the kernel packs them on x64 only.
    private static readonly int WordsPerEvent = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 3 : 4;
    private static readonly int NumberWord = WordsPerEvent - 2;

    private readonly int _handle;

    public Epoll()
    {
        _handle = Create(0);
        if (_handle < 0)
            throw new InvalidOperationException("epoll_create1 failed.");
        // The kernel rounds waits up by 50 µs otherwise.
        _ = Control(TimerSlack, 1);
    }

    /// <summary>Has <see cref="Wait(Span{int}, TimeSpan)"/> tell this number when the socket is readable.</summary>
    public void Add(Socket socket, int number)
    {
        uint* words = stackalloc uint[WordsPerEvent];
        words[0] = Readable;
        words[NumberWord] = (uint)number;
        if (Change(_handle, Adding, (int)socket.Handle, words) != 0)
            throw new InvalidOperationException("epoll_ctl failed.");
    }

    public void Remove(Socket socket)
    {
        uint* none = stackalloc uint[WordsPerEvent];
        _ = Change(_handle, Removing, (int)socket.Handle, none);
    }

    /// <summary>Numbers of readable sockets; none after the time.</summary>
    public int Wait(Span<int> ready, TimeSpan time)
    {
        uint* words = stackalloc uint[ready.Length * WordsPerEvent];
        long nanoseconds = Math.Max(0, time.Ticks * TimeSpan.NanosecondsPerTick);
        var limit = new Time(nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
        int count = Wait(_handle, words, ready.Length, ref limit, 0);
        for (int i = 0; i < count; i++)
            ready[i] = (int)words[(i * WordsPerEvent) + NumberWord];
        // -1 = interrupted by a signal.
        return Math.Max(0, count);
    }

    public void Dispose() => _ = Close(_handle);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    private static partial int Change(int handle, int operation, int socket, uint* what);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2")]
    private static partial int Wait(int handle, uint* events, int most, ref Time limit, nint signals);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, ulong value);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);

    private readonly record struct Time(long Seconds, long Nanoseconds);
}
