using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Clusters;

/// <summary>Versions of the PROXY protocol.</summary>
internal enum ProxyHeaderVersion
{
    /// <summary>No header.</summary>
    None,

    /// <summary>One line of text.</summary>
    V1,

    /// <summary>Binary.</summary>
    V2,
}

/// <summary>Writes PROXY headers, which tell a backend whose connection is carried (HAProxy's specification, sections 2.1 and 2.2).</summary>
internal static class ProxyHeader
{
    private const byte Version2Proxy = 0x21;
    private const byte Version2Local = 0x20;
    private const byte TcpOverIPv4 = 0x11;
    private const byte TcpOverIPv6 = 0x21;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>The header for a client's connection.</summary>
    /// <param name="version">Not <see cref="ProxyHeaderVersion.None"/>.</param>
    /// <param name="source">The client's address; not an IP address = the header says that nothing is known.</param>
    /// <param name="destination">Where the client connected to.</param>
    public static byte[] Make(ProxyHeaderVersion version, EndPoint? source, EndPoint? destination)
    {
        if (source is not IPEndPoint from || destination is not IPEndPoint to)
            return version == ProxyHeaderVersion.V1 ? "PROXY UNKNOWN\r\n"u8.ToArray() : [.. Signature, Version2Local, 0, 0, 0];
        (IPAddress fromAddress, IPAddress toAddress) = OneFamily(from.Address, to.Address);
        return version == ProxyHeaderVersion.V1
            ? Encoding.ASCII.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"PROXY {(fromAddress.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6")} {fromAddress} {toAddress} {from.Port} {to.Port}\r\n"))
            : Binary(fromAddress, toAddress, from.Port, to.Port);
    }

    private static byte[] Binary(IPAddress source, IPAddress destination, int sourcePort, int destinationPort)
    {
        byte[] addresses = [.. source.GetAddressBytes(), .. destination.GetAddressBytes()];
        byte[] header = new byte[Signature.Length + 4 + addresses.Length + 4];
        Signature.CopyTo(header);
        header[12] = Version2Proxy;
        header[13] = source.AddressFamily == AddressFamily.InterNetwork ? TcpOverIPv4 : TcpOverIPv6;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)(addresses.Length + 4));
        addresses.CopyTo(header, 16);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(16 + addresses.Length), (ushort)sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(18 + addresses.Length), (ushort)destinationPort);
        return header;
    }

    // A header has room for one family: IPv4 where both are, mapped or not, else IPv6.
    private static (IPAddress, IPAddress) OneFamily(IPAddress source, IPAddress destination)
    {
        source = Unmapped(source);
        destination = Unmapped(destination);
        return source.AddressFamily == destination.AddressFamily ? (source, destination) : (source.MapToIPv6(), destination.MapToIPv6());
    }

    private static IPAddress Unmapped(IPAddress address)
    {
        // The scope of a link-local address means nothing elsewhere.
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(plain.GetAddressBytes()) : plain;
    }
}
