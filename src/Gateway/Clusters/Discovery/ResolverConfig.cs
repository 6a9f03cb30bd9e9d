using System.Collections.Immutable;
using System.Globalization;
using System.Net;

namespace Gateway.Clusters.Discovery;

/// <summary>How names are resolved: the parts of <c>resolv.conf</c> that matter, and where <c>hosts</c> is.</summary>
internal sealed record ResolverConfig
{
    private const int DnsPort = 53;
    private const int MaxServers = 3;
    private const string ResolvConfPath = "/etc/resolv.conf";

    /// <summary>Servers in the order in which they are asked.</summary>
    public ImmutableArray<IPEndPoint> Servers { get; init; } = [];

    /// <summary>Suffixes tried for names that are not absolute.</summary>
    public ImmutableArray<string> SearchDomains { get; init; } = [];

    /// <summary>Names with at least so many dots are tried as they are first.</summary>
    public int Ndots { get; init; } = 1;

    /// <summary>The hosts file; null = none.</summary>
    public string? HostsFile { get; init; }

    /// <summary>How long one query may take.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The system's; without a readable file, the local server as every resolver does.</summary>
    public static ResolverConfig FromSystem()
    {
        string text = "";
        try
        {
            text = File.ReadAllText(ResolvConfPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Systems without the file.
        }
        return Parse(text) with { HostsFile = "/etc/hosts" };
    }

    /// <summary>Reads the format of resolv.conf(5).</summary>
    public static ResolverConfig Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        ImmutableArray<string> search = [];
        int ndots = 1;
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';')
                continue;
            switch (words[0])
            {
                case "nameserver" when servers.Count < MaxServers && IPAddress.TryParse(words[1], out IPAddress? address):
                    servers.Add(new IPEndPoint(address, DnsPort));
                    break;
                case "search" or "domain":
                    search = [.. words[1..].Select(domain => domain.Trim('.')).Where(domain => domain.Length > 0)];
                    break;
                case "options":
                    ndots = Ndots(words[1..]) ?? ndots;
                    break;
            }
        }
        if (servers.Count == 0)
            servers.Add(new IPEndPoint(IPAddress.Loopback, DnsPort));
        return new ResolverConfig { Servers = servers.ToImmutable(), SearchDomains = search, Ndots = ndots };

        static int? Ndots(string[] options)
        {
            const string Name = "ndots:";
            foreach (string option in options)
            {
                if (option.StartsWith(Name, StringComparison.Ordinal) &&
                    int.TryParse(option.AsSpan(Name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                {
                    return Math.Min(value, 15);
                }
            }
            return null;
        }
    }

    /// <summary>The full names to ask for, in order.</summary>
    public IEnumerable<string> Candidates(string name)
    {
        if (name.EndsWith('.'))
            return [name];
        IEnumerable<string> suffixed = SearchDomains.Select(domain => $"{name}.{domain}.");
        return name.AsSpan().Count('.') >= Ndots ? [$"{name}.", .. suffixed] : [.. suffixed, $"{name}."];
    }
}
