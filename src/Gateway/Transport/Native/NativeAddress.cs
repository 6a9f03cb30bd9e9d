using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Gateway.Transport.Native;

/// <summary>Converts between <see cref="EndPoint"/> and <c>struct sockaddr</c>.</summary>
internal static unsafe class NativeAddress
{
    /// <summary>The family of a socket for this address.</summary>
    /// <exception cref="NotSupportedException">Neither an IP address nor a Unix socket.</exception>
    public static int Family(EndPoint endPoint) => endPoint.AddressFamily switch
    {
        AddressFamily.InterNetwork => LibC.FamilyInet,
        AddressFamily.InterNetworkV6 => LibC.FamilyInet6,
        AddressFamily.Unix => LibC.FamilyUnix,
        _ => throw new NotSupportedException($"The event loop has no sockets for {endPoint}."),
    };

    /// <summary>Writes the address and returns its length. <paramref name="buffer"/> holds <see cref="LibC.MaxAddressBytes"/>.</summary>
    public static uint Write(EndPoint endPoint, Span<byte> buffer)
    {
        SocketAddress address = endPoint.Serialize();
        ReadOnlySpan<byte> bytes = address.Buffer.Span[..address.Size];
        bytes.CopyTo(buffer);
        return (uint)bytes.Length;
    }

    /// <summary>Reads what the kernel wrote; a Unix peer is mostly unnamed.</summary>
    public static EndPoint Read(ReadOnlySpan<byte> address)
    {
        int family = address.Length < 2 ? LibC.FamilyUnix : Unsafe.ReadUnaligned<ushort>(in address[0]);
        switch (family)
        {
            case LibC.FamilyInet:
                return new IPEndPoint(new IPAddress(address.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            case LibC.FamilyInet6:
                uint scope = Unsafe.ReadUnaligned<uint>(in address[24]);
                return new IPEndPoint(new IPAddress(address.Slice(8, 16), scope), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
            default:
                return ReadUnix(address);
        }
    }

    /// <summary>The address a socket is bound to.</summary>
    public static EndPoint Local(int fd)
    {
        byte* buffer = stackalloc byte[LibC.MaxAddressBytes];
        uint length = LibC.MaxAddressBytes;
        if (LibC.GetSocketName(fd, buffer, &length) != 0)
            throw Errno.ToException(Errno.Last);

        return Read(new ReadOnlySpan<byte>(buffer, (int)length));
    }

    private static UnixDomainSocketEndPoint ReadUnix(ReadOnlySpan<byte> address)
    {
        if (address.Length <= 2)
            return Unnamed;

        ReadOnlySpan<byte> path = address[2..];
        bool isAbstract = path[0] == 0;
        int end = isAbstract ? path.Length : path.IndexOf((byte)0);
        path = end < 0 ? path : path[..end];
        return path.IsEmpty ? Unnamed : new UnixDomainSocketEndPoint(System.Text.Encoding.UTF8.GetString(path));
    }

    // .NET knows no unnamed Unix address with a text; an abstract name of one character prints as nothing misleading.
    private static readonly UnixDomainSocketEndPoint Unnamed = new("\0");
}
