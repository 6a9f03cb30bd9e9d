using System.Net;

namespace Gateway.Integration.Tests.Tools;

/// <summary>Debian's dnsmasq, authoritative for <c>zone.test</c>; its answers are good for one second.</summary>
internal sealed class Dnsmasq : IAsyncDisposable
{
    private const string HostsFile = "hosts";
    private readonly ServerProcess _server;

    private Dnsmasq(ServerProcess server) => _server = server;

    /// <summary>Where it answers.</summary>
    public IPEndPoint EndPoint => new(IPAddress.Loopback, _server.Port);

    /// <summary>Starts it with records.</summary>
    /// <param name="aliases">Names (CNAME) and what they stand for.</param>
    /// <param name="records">Names and addresses.</param>
    public static async Task<Dnsmasq> StartAsync((string Name, string Target)[] aliases, params (string Name, IPAddress Address)[] records) => new(await ServerProcess.StartAsync(
        "dnsmasq",
        (folder, port) =>
        {
            File.WriteAllText(Path.Combine(folder, HostsFile), Text(records));
            return
            [
                "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file=", $"--user={Environment.UserName}",
                $"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--local=/zone.test/", "--local-ttl=1", $"--addn-hosts={folder}/{HostsFile}",
                .. aliases.Select(alias => $"--cname={alias.Name},{alias.Target}"),
            ];
        }));

    /// <summary>Replaces all addresses.</summary>
    public async Task SetAsync(params (string Name, IPAddress Address)[] records)
    {
        await File.WriteAllTextAsync(Path.Combine(_server.Folder, HostsFile), Text(records));
        await _server.SignalAsync("HUP");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Text((string Name, IPAddress Address)[] records) => string.Concat(records.Select(record => $"{record.Address} {record.Name}\n"));
}
