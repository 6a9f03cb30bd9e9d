using System.Net;
using System.Net.Sockets;
using Gateway.Transport.Native;

namespace Gateway.Transport;

/// <summary>Makes listening descriptors.</summary>
internal static unsafe class ListenSocket
{
    /// <summary>
    /// Binds one descriptor per loop to the same address (SO_REUSEPORT: the kernel spreads new connections); one for all
    /// if there is one loop or the address is a Unix socket.
    /// </summary>
    /// <exception cref="SocketException">The address is in use or not ours.</exception>
    public static int[] Bind(EndPoint endPoint, int loops, int backlog, out EndPoint bound)
    {
        bool single = loops == 1 || endPoint is UnixDomainSocketEndPoint;
        if (!single && endPoint is IPEndPoint { Port: not 0 })
            RefuseIfTaken(endPoint);

        var descriptors = new List<int>();
        bound = endPoint;
        try
        {
            for (int i = 0; i < (single ? 1 : loops); i++)
            {
                int fd = Open(bound, reusePort: !single);
                descriptors.Add(fd);
                if (i == 0)
                    bound = NativeAddress.Local(fd);
            }

            // All are bound before one listens: the kernel would already hand connections to a first that then has to be closed.
            foreach (int fd in descriptors)
            {
                if (LibC.Listen(fd, backlog) != 0)
                    throw Errno.ToException(Errno.Last);
            }
        }
        catch
        {
            foreach (int fd in descriptors)
                _ = LibC.Close(fd);

            throw;
        }

        return [.. descriptors];
    }

    // SO_REUSEPORT lets any second process of the same user share the port without a word; one without it is refused while
    // another listens. It does not listen itself: clients that try until the port is there would be taken, and reset.
    private static void RefuseIfTaken(EndPoint endPoint) => _ = LibC.Close(Open(endPoint, reusePort: false));

    private static int Open(EndPoint endPoint, bool reusePort)
    {
        int family = NativeAddress.Family(endPoint);
        int fd = LibC.Socket(family, LibC.SocketStream | LibC.SocketNonBlocking | LibC.SocketCloseOnExec, 0);
        if (fd < 0)
            throw Errno.ToException(Errno.Last);

        if (family != LibC.FamilyUnix)
        {
            LibC.TrySetOption(fd, LibC.LevelSocket, LibC.OptionReuseAddress, 1);
            // Accepted sockets inherit it, which saves a call per connection.
            LibC.TrySetOption(fd, LibC.LevelTcp, LibC.OptionTcpNoDelay, 1);
            if (reusePort)
                LibC.TrySetOption(fd, LibC.LevelSocket, LibC.OptionReusePort, 1);
        }

        // As Kestrel's own transport: [::] takes IPv4 too, any other IPv6 address does not.
        if (endPoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip)
            LibC.TrySetOption(fd, LibC.LevelIPv6, LibC.OptionIPv6Only, ip.Address.Equals(IPAddress.IPv6Any) ? 0 : 1);

        byte* address = stackalloc byte[LibC.MaxAddressBytes];
        uint length = NativeAddress.Write(endPoint, new Span<byte>(address, LibC.MaxAddressBytes));
        if (LibC.Bind(fd, address, length) == 0)
            return fd;

        int error = Errno.Last;
        _ = LibC.Close(fd);
        throw Errno.ToException(error);
    }
}
