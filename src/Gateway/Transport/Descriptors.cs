using System.Net.Sockets;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>
/// The process's limit of file descriptors (<c>ulimit -n</c>) and what of it is kept: accepting leaves some to everything
/// else, connections to backends leave half of these to configuration, names and the runtime, which ends the process when it
/// gets none for a new thread. Only Linux numbers descriptors from below and tells the limit; elsewhere nothing is kept.
/// </summary>
internal static class Descriptors
{
    private const int FewestKept = 32;
    private const int MostKept = 256;

    private static readonly bool IsKnown = EventLoopGroup.IsSupported;

    private static int _limit = ReadLimit();

    /// <summary>How many of a limit accepting leaves.</summary>
    public static int Kept(int limit) => Math.Min(limit / 4, Math.Clamp(limit / 16, FewestKept, MostKept));

    /// <summary>Whether a descriptor just accepted is of those that are kept, so that no more may be.</summary>
    public static bool IsKept(int fd) => IsAbove(fd, Kept(_limit)) && IsAbove(fd, Kept(_limit = ReadLimit()));

    /// <summary>Closes a descriptor opened for a backend where it is of the last.</summary>
    /// <exception cref="SocketException">It was: <see cref="SocketError.TooManyOpenSockets"/>.</exception>
    public static void ThrowIfLast(Socket socket)
    {
        if (!IsLast((int)socket.Handle))
            return;
        socket.Dispose();
        throw Errno.ToException(Errno.TooManyOpenFiles);
    }

    /// <summary>Whether a descriptor opened for a backend is of the last ones.</summary>
    public static bool IsLast(int fd) => IsAbove(fd, Kept(_limit) / 2) && IsAbove(fd, Kept(_limit = ReadLimit()) / 2);

    /// <summary>After a rest: whether one may be accepted again.</summary>
    public static bool HasRoom()
    {
        if (!IsKnown)
            return true;
        // The kernel gives the lowest number that is free.
        int fd = LibC.EventFd(0, LibC.EventFdCloseOnExec);
        if (fd < 0)
            return false;
        _ = LibC.Close(fd);
        return !IsKept(fd);
    }

    private static bool IsAbove(int fd, int kept) => fd >= _limit - kept;

    private static unsafe int ReadLimit()
    {
        ResourceLimit limit;
        return IsKnown && LibC.GetResourceLimit(LibC.ResourceDescriptors, &limit) == 0 ? (int)Math.Min(limit.Soft, int.MaxValue) : int.MaxValue;
    }
}
