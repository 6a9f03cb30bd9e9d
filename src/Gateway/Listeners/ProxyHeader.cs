using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Text;

namespace Gateway.Listeners;

/// <summary>How far <see cref="ProxyHeader.Parse"/> came.</summary>
internal enum ProxyHeaderStatus
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>These bytes are no PROXY header, or one past the limits.</summary>
    Malformed,

    /// <summary>Read.</summary>
    Found,
}

/// <summary>
/// What a load balancer says in front of a connection (PROXY protocol, versions 1 and 2): whose it is. A feature on the connection.
/// </summary>
/// <param name="Source">The client; null = the load balancer speaks for itself.</param>
/// <param name="Destination">What the client connected to; null = not said.</param>
internal sealed record ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    /// <summary>Longest header that is read. Version 2 may be longer, by data that nobody here looks at.</summary>
    public const int MaxBytes = 4096;

    private const int MaxLineBytes = 107;
    private const int FixedBytes = 16;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header from the beginning of a connection. Pure.</summary>
    /// <param name="data">What has come so far.</param>
    /// <param name="header">The header.</param>
    /// <param name="length">How many bytes it takes.</param>
    public static ProxyHeaderStatus Parse(ReadOnlySpan<byte> data, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        if (StartsLike(data, Signature))
            return data.Length < FixedBytes ? ProxyHeaderStatus.NeedMore : ParseBinary(data, out header, out length);
        return StartsLike(data, "PROXY "u8) ? ParseLine(data, out header, out length) : ProxyHeaderStatus.Malformed;
    }

    private static bool StartsLike(ReadOnlySpan<byte> data, ReadOnlySpan<byte> start)
    {
        int shared = Math.Min(data.Length, start.Length);
        return data[..shared].SequenceEqual(start[..shared]);
    }

    private static ProxyHeaderStatus ParseBinary(ReadOnlySpan<byte> data, out ProxyHeader? header, out int length)
    {
        header = null;
        const byte Local = 0x20;
        const byte Proxied = 0x21;
        byte command = data[12];
        length = FixedBytes + BinaryPrimitives.ReadUInt16BigEndian(data[14..]);
        if (command is not (Local or Proxied) || length > MaxBytes)
            return ProxyHeaderStatus.Malformed;
        if (data.Length < length)
            return ProxyHeaderStatus.NeedMore;
        ReadOnlySpan<byte> addresses = data[FixedBytes..length];
        int size = (data[13] >> 4) switch
        {
            1 => 4,
            2 => 16,
            _ => 0,
        };
        if (command == Local || size == 0)
        {
            header = new ProxyHeader(null, null);
            return ProxyHeaderStatus.Found;
        }
        if (addresses.Length < (2 * size) + 4)
            return ProxyHeaderStatus.Malformed;
        ReadOnlySpan<byte> ports = addresses[(2 * size)..];
        header = new ProxyHeader(
            new IPEndPoint(new IPAddress(addresses[..size]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(new IPAddress(addresses.Slice(size, size)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])));
        return ProxyHeaderStatus.Found;
    }

    private static ProxyHeaderStatus ParseLine(ReadOnlySpan<byte> data, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        ReadOnlySpan<byte> window = data[..Math.Min(data.Length, MaxLineBytes)];
        int end = window.IndexOf("\r\n"u8);
        if (end < 0)
            return data.Length < MaxLineBytes ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Malformed;
        length = end + 2;
        ReadOnlySpan<byte> line = window[6..end];
        if (line.StartsWith("UNKNOWN"u8))
        {
            header = new ProxyHeader(null, null);
            return ProxyHeaderStatus.Found;
        }
        bool isV6 = line.StartsWith("TCP6 "u8);
        if (!isV6 && !line.StartsWith("TCP4 "u8))
            return ProxyHeaderStatus.Malformed;
        line = line[5..];
        if (!TakeAddress(ref line, isV6, out IPAddress? source) || !TakeAddress(ref line, isV6, out IPAddress? destination)
            || !TakePort(ref line, isLast: false, out int sourcePort) || !TakePort(ref line, isLast: true, out int destinationPort))
        {
            return ProxyHeaderStatus.Malformed;
        }
        header = new ProxyHeader(new IPEndPoint(source!, sourcePort), new IPEndPoint(destination!, destinationPort));
        return ProxyHeaderStatus.Found;
    }

    private static bool TakeAddress(ref ReadOnlySpan<byte> line, bool isV6, out IPAddress? address)
    {
        address = null;
        int space = line.IndexOf((byte)' ');
        if (space <= 0)
            return false;
        string text = Encoding.ASCII.GetString(line[..space]);
        line = line[(space + 1)..];
        // The platform also takes "1" and "0x7f.1" for addresses, and IPv6 with a zone.
        bool isPlain = isV6 ? text.Contains(':', StringComparison.Ordinal) && !text.Contains('%', StringComparison.Ordinal) : text.Count(c => c == '.') == 3 && !text.Contains('x', StringComparison.OrdinalIgnoreCase);
        return isPlain && IPAddress.TryParse(text, out address);
    }

    private static bool TakePort(ref ReadOnlySpan<byte> line, bool isLast, out int port)
    {
        if (!Utf8Parser.TryParse(line, out port, out int used) || port is < 0 or > ushort.MaxValue || line[0] is (byte)'+' or (byte)'-')
            return false;
        line = line[used..];
        if (isLast)
            return line.IsEmpty;
        if (line.IsEmpty || line[0] != (byte)' ')
            return false;
        line = line[1..];
        return !line.IsEmpty;
    }
}
