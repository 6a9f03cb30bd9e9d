using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Gateway.Matching;

namespace Gateway.Http.Filters.LocalRateLimit;

/// <summary>Writes blocks of addresses as Envoy does: <c>10.0.0.0/8</c>.</summary>
internal static class IpText
{
    /// <summary>The block of so many bits in which an address lies.</summary>
    public static string Of(IpNumber address, int ipv4Bits, int ipv6Bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, KeyHash.Mask(address, ipv4Bits, ipv6Bits));
        var network = new IPAddress(address.IsV6 ? bytes : bytes[12..]);
        return string.Create(CultureInfo.InvariantCulture, $"{network}/{(address.IsV6 ? ipv6Bits : ipv4Bits)}");
    }
}
