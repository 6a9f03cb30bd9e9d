using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Tls;

/// <summary>
/// Certificates that change several times per second under <c>gateway run</c>, in a Secret and in files named by path.
/// <c>GATEWAY_ROTATION_SECONDS</c> says for how long; 5 where it says nothing.
/// </summary>
[Trait("Drives", "Program")]
public sealed class RotationTests : IAsyncLifetime, IDisposable
{
    private const int ClientsPerHost = 2;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(1);
    private static readonly string[] Hosts = ["secret.test", "files.test"];

    private readonly TestCertificates _authority = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
    private readonly string _files = Directory.CreateTempSubdirectory("gateway-files").FullName;
    private readonly ConcurrentDictionary<(string Host, string Serial), int> _seen = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private EchoUpstream _echo = null!;
    private int _handshakes;
    private int _requests;

    public static TheoryData<string> Stacks => OperatingSystem.IsLinux() && TestMode.HasOpenSsl ? [TlsWays.SslStream, TlsWays.OpenSsl] : [TlsWays.SslStream];

    public async Task InitializeAsync() => _echo = await EchoUpstream.StartAsync();

    public async Task DisposeAsync() => await _echo.DisposeAsync();

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(_files, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public async Task Rotation_under_load_fails_no_request_and_no_handshake(string tls)
    {
        await WriteAllAsync();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder, "--tls", tls);
        int port = await gateway.PortAsync(443);
        using var stop = new CancellationTokenSource();
        Task[] load =
        [
            .. Hosts.SelectMany(host => Enumerable.Range(0, ClientsPerHost).Select(_ => Task.Run(() => OpenAsync(port, host, stop.Token)))),
            .. Hosts.Select(host => Task.Run(() => StayAsync(port, host, stop.Token))),
        ];

        var clock = Stopwatch.StartNew();
        using var pace = new PeriodicTimer(Pace);
        int rotations = 0;
        // Longer where the machine is too busy for handshakes to see what they should in that time.
        for (TimeSpan length = Length(); (clock.Elapsed < length || (!HaveSeenEnough() && clock.Elapsed < Most)) && await pace.WaitForNextTickAsync(); rotations++)
            await RotateAsync();
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal([], _failures);
        string figures = $"{rotations} rotations, {_handshakes} handshakes, {_requests} requests, certificates seen: "
            + string.Join(", ", Hosts.Select(host => $"{host} {_seen.Keys.Count(key => key.Host == host)}"));
        Console.WriteLine(figures);
        Assert.True(HaveSeenEnough(), figures);
    }

    // Files named by path are looked at every two seconds.
    private bool HaveSeenEnough() => _seen.Keys.Count(key => key.Host == "secret.test") >= 3 && _seen.Keys.Count(key => key.Host == "files.test") >= 2;

    /// <summary>A handshake for every request; the certificate must be of the authority and for the host.</summary>
    private async Task OpenAsync(int port, string host, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await AttemptAsync(async () =>
            {
                await using RawHttpConnection connection = await ConnectAsync(port, host);
                _seen.AddOrUpdate((host, ((X509Certificate2)connection.Tls!.RemoteCertificate!).SerialNumber), 1, (_, count) => count + 1);
                Interlocked.Increment(ref _handshakes);
                await AskAsync(connection, host);
            });
        }
    }

    /// <summary>All requests on one connection.</summary>
    private Task StayAsync(int port, string host, CancellationToken stop) => AttemptAsync(async () =>
    {
        await using RawHttpConnection connection = await ConnectAsync(port, host);
        while (!stop.IsCancellationRequested)
            await AskAsync(connection, host);
    });

    private async Task AttemptAsync(Func<Task> attempt)
    {
        try
        {
            await attempt();
        }
        catch (Exception exception) when (exception is IOException or SocketException or AuthenticationException or OperationCanceledException)
        {
            _failures.Enqueue(exception.ToString());
        }
    }

    private async Task<RawHttpConnection> ConnectAsync(int port, string host)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return await RawHttpConnection.ConnectAsync(port, ClientTls.Http1(host) with { Authority = _authority.Authority }, cancel: deadline.Token);
    }

    private async Task AskAsync(RawHttpConnection connection, string host)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n", deadline.Token);
        int? status = (await connection.ReadResponseAsync(cancel: deadline.Token))?.Status;
        if (status == 200)
            Interlocked.Increment(ref _requests);
        else
            throw new IOException($"{host} was answered {status?.ToString(CultureInfo.InvariantCulture) ?? "by the connection's end"}.");
    }

    private async Task WriteAllAsync()
    {
        await RotateAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "gateway.yaml"), string.Join("\n---\n",
            $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: gateway, namespace: default}
            spec:
              servers:
              - {port: {number: 443, name: secret, protocol: HTTPS}, hosts: [secret.test], tls: {mode: SIMPLE, credentialName: cert} }
              - port: {number: 443, name: files, protocol: HTTPS}
                hosts: [files.test]
                tls: {mode: SIMPLE, serverCertificate: {{Path.Combine(_files, "tls.crt")}}, privateKey: {{Path.Combine(_files, "tls.key")}} }
            """,
            TestConfig.Route("secret.test", "echo.test"), TestConfig.Route("files.test", "echo.test"), TestConfig.Backend("echo.test", _echo)));
    }

    /// <summary>The Secret is replaced at once; the files one after the other, as tools do, so that for a moment they do not fit.</summary>
    private async Task RotateAsync()
    {
        using TestCertificate secret = _authority.IssueServer("secret.test");
        using TestCertificate files = _authority.IssueServer("files.test");
        string next = Path.Combine(_files, "next");
        await File.WriteAllTextAsync(next, TestConfig.Secret("cert", secret));
        File.Move(next, Path.Combine(_folder, "secret.yaml"), overwrite: true);
        await File.WriteAllTextAsync(Path.Combine(_files, "tls.crt"), files.CertificatePem);
        await File.WriteAllTextAsync(Path.Combine(_files, "tls.key"), files.KeyPem);
    }

    private static TimeSpan Length() => TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("GATEWAY_ROTATION_SECONDS") ?? "5", CultureInfo.InvariantCulture));
}
