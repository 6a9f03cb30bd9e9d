using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Gateway.Clusters.Discovery;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Acme;

/// <summary>Debian's pebble, a strict ACME authority for tests, and its DNS answerer, in which every name is 127.0.0.1.</summary>
internal sealed class Pebble : IAsyncDisposable
{
    private readonly TestCertificates _authority = new("Pebble's own certificate");
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-pebble").FullName;
    private readonly List<Process> _processes = [];
    private readonly ConcurrentQueue<string> _log = [];

    private readonly int[] _ports;

    private Pebble(int[] ports)
    {
        _ports = ports;
        Url = $"https://127.0.0.1:{ports[0]}/dir";
        NameServer = new IPEndPoint(IPAddress.Loopback, ports[2]);
        Resolver = new ResolverConfig { Servers = [NameServer] };
        Management = new Uri($"https://127.0.0.1:{ports[1]}/");
        DnsManagement = new Uri($"http://127.0.0.1:{ports[3]}/");
    }

    /// <summary>The directory.</summary>
    public string Url { get; }

    /// <summary>Its DNS answerer.</summary>
    public IPEndPoint NameServer { get; }

    /// <summary>Asks its DNS answerer.</summary>
    public ResolverConfig Resolver { get; }

    /// <summary>Its management port.</summary>
    public Uri Management { get; }

    /// <summary>The management port of its DNS answerer.</summary>
    public Uri DnsManagement { get; }

    /// <summary>What <c>caBundle</c> says.</summary>
    public string CaBundle => Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.AuthorityPem));

    /// <summary>What it has logged.</summary>
    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Starts the DNS answerer alone.</summary>
    public static async Task<Pebble> WithDnsAsync()
    {
        int[] ports = FreePorts(4);
        var pebble = new Pebble(ports);
        pebble.Run("pebble-challtestsrv", [], "-dns01", $"127.0.0.1:{ports[2]}", "-management", $"127.0.0.1:{ports[3]}", "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", "");
        await Eventually.HoldsAsync(() => AnswersAsync(ports[3]), "pebble's DNS answers");
        return pebble;
    }

    /// <summary>How often a text stands in the log.</summary>
    public int Count(string text) => _log.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Ends pebble alone, as when the authority is down; its DNS goes on.</summary>
    public async Task EndAsync() => await EndAsync(_processes[1]);

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            await EndAsync(process);
            process.Dispose();
        }
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task EndAsync(Process process)
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>Starts pebble and waits until it answers.</summary>
    /// <param name="httpPort">Where it comes for HTTP-01.</param>
    /// <param name="tlsPort">Where it comes for TLS-ALPN-01.</param>
    /// <param name="refusedNonces">How many of 100 good nonces it refuses.</param>
    /// <param name="externalKey">The key of the external account <c>kid-1</c>, in base64url; null = accounts need none.</param>
    /// <param name="validitySeconds">How long certificates are good.</param>
    /// <param name="slowness">The most seconds it waits before it looks for an answer.</param>
    public async Task StartAsync(int httpPort, int tlsPort, int refusedNonces = 20, string? externalKey = null, int validitySeconds = 3600, int slowness = 0)
    {
        using TestCertificate certificate = _authority.IssueServer("127.0.0.1", "localhost");
        string path = Path.Combine(_folder, "pebble.json");
        await File.WriteAllTextAsync(Path.Combine(_folder, "cert.pem"), certificate.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), certificate.KeyPem);
        string external = externalKey is null ? "false" : $"true, \"externalAccountMACKeys\": {{\"kid-1\": \"{externalKey}\"}}";
        await File.WriteAllTextAsync(path, $$"""
            {"pebble": {"listenAddress": "127.0.0.1:{{_ports[0]}}", "managementListenAddress": "127.0.0.1:{{_ports[1]}}",
             "certificate": "{{_folder}}/cert.pem", "privateKey": "{{_folder}}/key.pem", "httpPort": {{httpPort}}, "tlsPort": {{tlsPort}},
             "ocspResponderURL": "", "certificateValidityPeriod": {{validitySeconds}}, "externalAccountBindingRequired": {{external}} } }
            """);
        Run(
            "pebble",
            [slowness == 0 ? ("PEBBLE_VA_NOSLEEP", "1") : ("PEBBLE_VA_SLEEPTIME", slowness.ToString(CultureInfo.InvariantCulture)), ("PEBBLE_AUTHZREUSE", "0"), ("PEBBLE_WFE_NONCEREJECT", refusedNonces.ToString(CultureInfo.InvariantCulture))],
            "-config", path, "-strict", "-dnsserver", $"127.0.0.1:{_ports[2]}");
        foreach (int port in (int[])[_ports[0], _ports[1]])
            await Eventually.HoldsAsync(() => AnswersAsync(port), $"port {port} of pebble or its DNS answers");
    }

    private void Run(string program, (string Name, string Value)[] environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _processes.Add(process);
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // The programs cannot be asked which port they were given, so they are told ones that were free a moment ago.
    private static int[] FreePorts(int count)
    {
        TcpListener[] listeners = [.. Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0))];
        foreach (TcpListener listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (TcpListener listener in listeners)
            listener.Stop();
        return ports;
    }
}
