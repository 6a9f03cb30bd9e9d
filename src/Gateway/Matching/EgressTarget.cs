using System.Buffers;
using System.Globalization;
using System.Net;

namespace Gateway.Matching;

/// <summary>
/// Whom a client asks a forward proxy for: a name or an address, and a port. What could mean one thing to the check and
/// another to whoever connects is refused: addresses in disguise, names with odd characters.
/// </summary>
/// <param name="Host">Lower-case name without a dot at its end, or an address in its usual form.</param>
/// <param name="Port">Port; null = none was given.</param>
/// <param name="Address">The address, where the host is one.</param>
internal sealed record EgressTarget(string Host, int? Port, IPAddress? Address)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private const int MaxName = 253;
    private const int MaxLabel = 63;

    private static readonly Dictionary<string, string> RefusedNames = new(StringComparer.Ordinal)
    {
        ["localhost"] = "means this machine",
        ["localhost.localdomain"] = "means this machine",
        ["localhost6"] = "means this machine",
        ["ip6-localhost"] = "means this machine",
        ["ip6-loopback"] = "means this machine",
        ["metadata"] = "is a cloud's metadata service",
        ["metadata.google.internal"] = "is a cloud's metadata service",
        ["metadata.goog"] = "is a cloud's metadata service",
        ["metadata.azure.internal"] = "is a cloud's metadata service",
        ["instance-data"] = "is a cloud's metadata service",
        ["instance-data.ec2.internal"] = "is a cloud's metadata service",
    };

    /// <summary>Reads an authority.</summary>
    /// <param name="authority">As the client sent it.</param>
    /// <param name="target">The target; null if it is refused.</param>
    /// <returns>Why it is refused, to be read after the authority; null = it is not.</returns>
    public static string? Parse(string authority, out EgressTarget? target)
    {
        target = null;
        string host = authority;
        int? port = null;
        int colon = authority.LastIndexOf(':');
        if (colon >= 0 && authority.AsSpan(colon).IndexOf(']') < 0)
        {
            if (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number is < 1 or > 65535)
                return "has no port from 1 to 65535";
            (host, port) = (authority[..colon], number);
        }
        if (host.StartsWith('['))
        {
            if (!host.EndsWith(']') || host.Contains('%', StringComparison.Ordinal) || !IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out IPAddress? six) || !host.Contains(':', StringComparison.Ordinal))
                return "is no IPv6 address";
            target = new EgressTarget(six.ToString(), port, six);
            return null;
        }
        if (IsNumber(host))
        {
            // Resolvers read 2130706433, 0x7f.1, 0177.0.0.1 and 127.1 as 127.0.0.1, each in its own way.
            if (!IPAddress.TryParse(host, out IPAddress? four) || four.ToString() != host)
                return "is an address in a form that is not its usual one";
            target = new EgressTarget(host, port, four);
            return null;
        }
        string name = (host.EndsWith('.') ? host[..^1] : host).ToLowerInvariant();
        if (NameFault(name) is { } fault)
            return fault;
        target = new EgressTarget(name, port, null);
        return null;
    }

    /// <summary>Why a name must not be asked for by a client's choice, to be read after the name; null = it may.</summary>
    public static string? Refusal(string name) =>
        RefusedNames.GetValueOrDefault(name) ?? (name.EndsWith(".localhost", StringComparison.Ordinal) ? "means this machine" : null);

    /// <summary>Whether a resolver could take a host for an IPv4 address: its last label is a number, also in hexadecimal.</summary>
    private static bool IsNumber(string host)
    {
        ReadOnlySpan<char> last = host.AsSpan().TrimEnd('.');
        last = last[(last.LastIndexOf('.') + 1)..];
        if (last.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            return last.Length == 2 || !last[2..].ContainsAnyExcept(HexDigits);
        return !last.IsEmpty && !last.ContainsAnyExceptInRange('0', '9');
    }

    private static string? NameFault(string name)
    {
        if (name.Length is 0 or > MaxName)
            return name.Length == 0 ? "has no host" : "has too long a name";
        foreach (Range range in name.AsSpan().Split('.'))
        {
            ReadOnlySpan<char> label = name.AsSpan()[range];
            if (label.Length is 0 or > MaxLabel)
                return "is no name: a part of it is empty or too long";
            if (label[0] == '-' || label[^1] == '-')
                return "is no name: a part of it begins or ends with a hyphen";
            foreach (char c in label)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                    return "is no name: it has characters that no host has";
            }
        }
        return null;
    }
}
