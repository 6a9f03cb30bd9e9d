using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Transport.Native;

/// <summary>Linux error numbers (the same on x64 and arm64) and what .NET calls them.</summary>
internal static class Errno
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int NoMemory = 12;
    public const int TooManyOpenFilesInSystem = 23;
    public const int TooManyOpenFiles = 24;
    public const int BrokenPipe = 32;
    public const int AddressInUse = 98;
    public const int ConnectionAborted = 103;
    public const int ConnectionReset = 104;
    public const int NoBufferSpace = 105;
    public const int NotConnected = 107;
    public const int InProgress = 115;

    /// <summary>The error of the last call on this thread.</summary>
    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Whether a call failed for want of a descriptor or of kernel memory, which passes.</summary>
    public static bool IsExhaustion(int error) =>
        error is TooManyOpenFiles or TooManyOpenFilesInSystem or NoBufferSpace or NoMemory;

    /// <summary>The exception .NET's own sockets would throw.</summary>
    public static SocketException ToException(int error) => new((int)ToSocketError(error));

    private static SocketError ToSocketError(int error) => error switch
    {
        1 or 13 => SocketError.AccessDenied,
        2 or 99 => SocketError.AddressNotAvailable,
        22 => SocketError.InvalidArgument,
        BrokenPipe => SocketError.Shutdown,
        TryAgain => SocketError.WouldBlock,
        TooManyOpenFiles or TooManyOpenFilesInSystem => SocketError.TooManyOpenSockets,
        NoBufferSpace or NoMemory => SocketError.NoBufferSpaceAvailable,
        97 => SocketError.AddressFamilyNotSupported,
        AddressInUse => SocketError.AddressAlreadyInUse,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        102 => SocketError.NetworkReset,
        ConnectionAborted => SocketError.ConnectionAborted,
        ConnectionReset => SocketError.ConnectionReset,
        106 => SocketError.IsConnected,
        NotConnected => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        _ => SocketError.SocketError,
    };
}
