using System.Runtime.InteropServices;

namespace Gateway.Bench;

/// <summary>
/// Lets some processes, then the calling thread, run before all others of their CPU, where that is allowed: origin and
/// generator share one, and their waits for one another's turn would be reported as the proxy's. Disposing ends it.
/// </summary>
internal sealed partial class Precedence : IDisposable
{
    private const int Usual = 0, Fifo = 1;
    private const int Self = 0;

    private readonly IReadOnlyList<int> _processes;

    public Precedence(IReadOnlyList<int> processes)
    {
        _processes = processes;
        // The origin only runs when it is asked, so that it cannot starve the generator.
        foreach (int process in processes)
            Set(process, Fifo, 2);
        Set(Self, Fifo, 1);
    }

    public void Dispose()
    {
        Set(Self, Usual, 0);
        foreach (int process in _processes)
            Set(process, Usual, 0);
    }

    private static void Set(int thread, int policy, int priority) => _ = Schedule(thread, policy, ref priority);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int Schedule(int thread, int policy, ref int priority);
}
