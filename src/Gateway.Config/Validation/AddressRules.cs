using System.Buffers;
using System.Globalization;
using System.Net;

namespace Gateway.Config.Validation;

/// <summary>IP addresses, subnets, ports and Unix sockets, as strict as Go's parsers, which Istio uses.</summary>
internal static class AddressRules
{
    /// <summary>What a Unix domain socket's address begins with.</summary>
    public const string UnixPrefix = "unix://";

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>An IPv4 or IPv6 address, the latter with an optional zone. No brackets, no octal, no short forms.</summary>
    public static bool IsIpAddress(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return false;
        ReadOnlySpan<char> address = text;
        if (!address.Contains(':'))
            return IsIpv4(address);
        int zone = address.IndexOf('%');
        if (zone >= 0)
        {
            if (zone == address.Length - 1)
                return false;
            address = address[..zone];
        }
        return IsIpv6(address);
    }

    /// <summary>The reason why a text is neither an address nor a CIDR block; null = it is one.</summary>
    public static string? SubnetFault(string text)
    {
        if (text.AsSpan().Count('/') != 1)
            return IsIpAddress(text) ? null : $"\"{text}\" is not a valid IP address.";
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        ReadOnlySpan<char> address = text.AsSpan(0, slash);
        ReadOnlySpan<char> bits = text.AsSpan(slash + 1);
        bool wide = address.Contains(':');
        bool valid = (wide ? IsIpv6(address) : IsIpv4(address))
            && (bits.Length == 1 || !bits.StartsWith("0"))
            && int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length <= (wide ? 128 : 32);
        return valid ? null : $"\"{text}\" is not a valid CIDR block; write an address, or ADDRESS/LENGTH such as 10.0.0.0/8.";
    }

    /// <summary>The reason why the part behind <see cref="UnixPrefix"/> names no socket; null = it does.</summary>
    public static string? UnixPathFault(string path)
    {
        if (path.Length == 0)
            return "A unix address must not be empty.";
        // Abstract sockets begin with @ and have no path.
        if (path[0] == '@')
            return null;
        return path[0] != '/' || path[^1] == '/' ? $"\"{path}\" is not an absolute path to a file: a Unix domain socket may not be relative or a directory." : null;
    }

    /// <summary>The reason why a number is no TCP port; null = it is one.</summary>
    public static string? PortFault(long port) =>
        port is >= 1 and <= 65535 ? null : $"Port number {port} must be in the range 1..65535.";

    private static bool IsIpv4(ReadOnlySpan<char> text)
    {
        int octets = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> octet = text[range];
            if (++octets > 4 || octet.Length is 0 or > 3 || (octet.Length > 1 && octet[0] == '0')
                || !byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }
        }
        return octets == 4;
    }

    private static bool IsIpv6(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyExcept(Ipv6Characters) || !IPAddress.TryParse(text, out _))
            return false;
        int lastColon = text.LastIndexOf(':');
        return !text.Contains('.') || IsIpv4(text[(lastColon + 1)..]);
    }
}
