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
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often all servers are asked before a look-up has failed.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Most queries sent in one second, for all names together. Some arrive later than others: no more than 100 should arrive in a second.</summary>
    public int QueriesPerSecond { get; init; } = 90;

    /// <summary>Whether this machine has IPv6 beyond itself.</summary>
    public bool HasIPv6 { get; init; }

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
        return Parse(text) with { HostsFile = "/etc/hosts", HasIPv6 = OwnAddresses.HasIPv6() };
    }

    /// <summary>Reads the format of resolv.conf(5).</summary>
    public static ResolverConfig Parse(string text)
    {
        var servers = ImmutableArray.CreateBuilder<IPEndPoint>();
        ImmutableArray<string> search = [];
        int ndots = 1, attempts = 2, timeout = 2;
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
                    ndots = Option("ndots:", words[1..], 15) ?? ndots;
                    attempts = Math.Max(1, Option("attempts:", words[1..], 5) ?? attempts);
                    timeout = Math.Max(1, Option("timeout:", words[1..], 30) ?? timeout);
                    break;
            }
        }
        if (servers.Count == 0)
            servers.Add(new IPEndPoint(IPAddress.Loopback, DnsPort));
        return new ResolverConfig
        {
            Servers = servers.ToImmutable(),
            SearchDomains = search,
            Ndots = ndots,
            Attempts = attempts,
            QueryTimeout = TimeSpan.FromSeconds(timeout),
        };

        // The highest values are those of resolv.conf(5).
        static int? Option(string name, string[] options, int most)
        {
            foreach (string option in options)
            {
                if (option.StartsWith(name, StringComparison.Ordinal) &&
                    int.TryParse(option.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                {
                    return Math.Min(value, most);
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
