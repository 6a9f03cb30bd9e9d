using System.Runtime.InteropServices;

namespace Gateway.Bench;

/// <summary>
/// Lets the calling thread run before all others of its CPU, which are those of the origins, where that is allowed: a
/// generator that waits for its turn would report the wait as the proxy's. Disposing ends it.
/// </summary>
internal readonly partial struct FirstServed : IDisposable
{
    private const int Usual = 0, Fifo = 1;

    public static FirstServed Enter()
    {
        Set(Fifo, 1);
        return default;
    }

    public void Dispose() => Set(Usual, 0);

    private static void Set(int policy, int priority) => _ = Schedule(0, policy, ref priority);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int Schedule(int thread, int policy, ref int priority);
}
