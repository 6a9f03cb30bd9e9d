using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Transport.Native;

/// <summary>
/// A buffer for <c>struct epoll_event</c>, which the kernel packs on x64 (12 bytes, data at 4) and on no other
/// architecture (16 bytes, data at 8).
/// </summary>
internal static unsafe class EpollEvents
{
    private static readonly bool Packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int DataOffset = Packed ? 4 : 8;

    /// <summary>Bytes of one event.</summary>
    public static readonly int Stride = Packed ? 12 : 16;

    public static uint Flags(byte* events, int index) => Unsafe.ReadUnaligned<uint>(events + (index * Stride));

    public static ulong Data(byte* events, int index) => Unsafe.ReadUnaligned<ulong>(events + (index * Stride) + DataOffset);

    /// <summary>Adds a descriptor with all the interest it will ever have: edges make changes of interest needless.</summary>
    /// <returns>0 or the error number.</returns>
    public static int Add(int epoll, int fd, uint flags, ulong data)
    {
        byte* buffer = stackalloc byte[16];
        Unsafe.WriteUnaligned(buffer, flags);
        Unsafe.WriteUnaligned(buffer + DataOffset, data);
        return LibC.EpollControl(epoll, LibC.EpollCtlAdd, fd, buffer) == 0 ? 0 : Errno.Last;
    }
}
