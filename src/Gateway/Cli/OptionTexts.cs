using System.Globalization;
using System.Net;

namespace Gateway.Cli;

/// <summary>Reads the small languages of option values. Each returns false for a text that is not one.</summary>
internal static class OptionTexts
{
    /// <summary><c>off</c> (null), <c>PORT</c> at <paramref name="address"/>, <c>ADDRESS:PORT</c> or <c>[ADDRESS]:PORT</c>.</summary>
    public static bool TryEndPoint(string text, IPAddress address, out IPEndPoint? endPoint)
    {
        endPoint = null;
        if (text == "off")
            return true;
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            endPoint = new IPEndPoint(address, port);
            return true;
        }
        if (text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase))
            text = $"127.0.0.1:{text["localhost:".Length..]}";
        // An address without a port would parse as port 0, which nobody means.
        int colon = text.LastIndexOf(':');
        return colon > 0
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && (text[0] == '[' ? text[colon - 1] == ']' : text.IndexOf(':', StringComparison.Ordinal) == colon)
            && IPEndPoint.TryParse(text, out endPoint);
    }

    /// <summary>IP addresses with commas between them.</summary>
    public static bool TryAddresses(string text, out string[] addresses)
    {
        addresses = text.Split(',', StringSplitOptions.TrimEntries);
        return addresses.All(address => IPAddress.TryParse(address, out _));
    }

    /// <summary><c>192.0.2.53,[2001:db8::53]:5353</c>: DNS servers, at port 53 where none is named.</summary>
    public static bool TryNameServers(string text, out IPEndPoint[] servers)
    {
        List<IPEndPoint> read = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!IPEndPoint.TryParse(part, out IPEndPoint? server))
                break;
            read.Add(server.Port == 0 ? new IPEndPoint(server.Address, 53) : server);
        }
        servers = [.. read];
        return read.Count > 0 && read.Count == text.Split(',').Length;
    }

    /// <summary><c>10.0.0.0/8,192.0.2.1</c>: networks and addresses.</summary>
    public static bool TryNetworks(string text, out IPNetwork[] networks)
    {
        List<IPNetwork> read = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (IPNetwork.TryParse(part, out IPNetwork network))
                read.Add(network);
            else if (IPAddress.TryParse(part, out IPAddress? address))
                read.Add(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
        }
        networks = [.. read];
        return read.Count > 0 && read.Count == text.Split(',').Length;
    }

    /// <summary><c>5s</c>, <c>500ms</c>, <c>1m</c>, or a plain number of seconds; at most one day.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        (string number, double milliseconds) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 1),
            _ when text.EndsWith('s') => (text[..^1], 1_000),
            _ when text.EndsWith('m') => (text[..^1], 60_000),
            _ => (text, 1_000.0),
        };
        duration = default;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            return false;
        double total = value * milliseconds;
        if (total > TimeSpan.MillisecondsPerDay)
            return false;
        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary><c>65536</c>, <c>64KiB</c> or <c>1MiB</c>; at most 1024 MiB.</summary>
    public static bool TrySize(string text, out int bytes)
    {
        (string number, int unit) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.Ordinal) => (text[..^3], 1024),
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => (text[..^3], 1024 * 1024),
            _ => (text, 1),
        };
        bool isSize = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && (long)value * unit <= 1024 * 1024 * 1024;
        bytes = isSize ? value * unit : 0;
        return isSize;
    }

    /// <summary><c>region</c>, <c>region/zone</c> or <c>region/zone/subzone</c>, without empty parts.</summary>
    public static bool IsLocality(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length <= 3 && parts.All(part => part.Length > 0 && part != "*" && !part.Any(char.IsWhiteSpace));
    }

    /// <summary><c>k=v,k=v</c>.</summary>
    public static bool TryLabels(string text, out Dictionary<string, string> labels)
    {
        labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                return false;
            labels[pair[..equals]] = pair[(equals + 1)..];
        }
        return true;
    }
}
