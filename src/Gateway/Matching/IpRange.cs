using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Matching;

/// <summary>An IP address as a number; IPv4 in IPv6 counts as IPv4, and a zone as nothing.</summary>
internal readonly record struct IpNumber(UInt128 Value, bool IsV6)
{
    /// <summary>The number of an address.</summary>
    public static IpNumber Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4
            ? new IpNumber(BinaryPrimitives.ReadUInt32BigEndian(bytes), false)
            : new IpNumber(BinaryPrimitives.ReadUInt128BigEndian(bytes), true);
    }

    /// <summary>The number of an address in text; null = it is none.</summary>
    public static IpNumber? Parse(string? text) => IPAddress.TryParse(text, out IPAddress? address) ? Of(address) : null;

    /// <summary>The number of a socket's address; null = it has none.</summary>
    public static IpNumber? Of(EndPoint endPoint) => endPoint is IPEndPoint ip ? Of(ip.Address) : null;
}

/// <summary>An address or a CIDR block.</summary>
internal readonly record struct IpRange
{
    private readonly UInt128 _network;
    private readonly UInt128 _mask;
    private readonly bool _isV6;

    private IpRange(IpNumber address, int bits)
    {
        int width = address.IsV6 ? 128 : 32;
        _isV6 = address.IsV6;
        _mask = bits == 0 ? 0 : (address.IsV6 ? UInt128.MaxValue : uint.MaxValue) & (UInt128.MaxValue << (width - bits));
        _network = address.Value & _mask;
    }

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(IpNumber address) => address.IsV6 == _isV6 && (address.Value & _mask) == _network;

    /// <summary>Reads <c>a.b.c.d</c>, <c>a.b.c.d/n</c> or the same of IPv6.</summary>
    public static bool TryParse(string text, out IpRange range)
    {
        range = default;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out IPAddress? address))
            return false;
        int width = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        int bits = width;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > width))
            return false;
        // A block over addresses of IPv4 in IPv6 means the IPv4 ones.
        if (address.IsIPv4MappedToIPv6 && bits >= 96)
            bits -= 96;
        else if (address.IsIPv4MappedToIPv6)
            return false;
        range = new IpRange(IpNumber.Of(address), bits);
        return true;
    }
}
