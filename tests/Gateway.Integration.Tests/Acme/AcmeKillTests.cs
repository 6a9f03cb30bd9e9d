using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Acme;
using Gateway.Testing;
using Microsoft.AspNetCore.Http;

namespace Gateway.Integration.Tests.Acme;

/// <summary>The program, killed while it orders and started again on the same state directory.</summary>
public sealed class AcmeKillTests : IDisposable
{
    private static readonly AcmeTiming Timing = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-acme-kill").FullName;

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ToolFact("pebble")]
    public async Task Orders_killed_at_four_points_are_gone_on_with_by_whoever_comes_next()
    {
        int[] ports = [8441, 8442, 8443, 8444];
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        // Of four orders the first to come to each point gets no further.
        var held = new ConcurrentDictionary<string, bool>();
        proxy.Before = context => HoldFirstAsync(context, held, "/authZ", "/chalZ", "/certZ");
        proxy.After = context => HoldFirstAsync(context, held, "/finalize-order");

        (GatewayProcess second, int requests) = await KilledAsync(pebble, proxy, ports, () => held.Count == 4);
        await using (second)
        {
            foreach (int port in ports)
                await ServedAsync(second, port);
        }

        Assert.Equal(4, pebble.Count("orders in the db"));
        Assert.Equal(1, pebble.Count("There are now 1 accounts in memory"));
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
        // An order takes some 12, more where a nonce is refused.
        Assert.InRange(proxy.Requests.Count - requests, 4, 120);
        Assert.Equal(["accounts", "budget", "certificates"], Remains());
    }

    [ToolFact("pebble")]
    public async Task A_kill_between_the_account_and_the_word_of_it_leads_to_the_same_account()
    {
        await using Pebble pebble = await Pebble.WithDnsAsync();
        await using AuthorityProxy proxy = await AuthorityProxy.StartAsync(pebble);
        var held = new ConcurrentDictionary<string, bool>();
        proxy.After = context => HoldFirstAsync(context, held, "/sign-me-up");

        (GatewayProcess second, int requests) = await KilledAsync(pebble, proxy, [8441], () => held.Count == 1);
        await using (second)
            await ServedAsync(second, 8441);

        Assert.Equal(1, pebble.Count("orders in the db"));
        Assert.Equal(1, pebble.Count("There are now 1 accounts in memory"));
        Assert.Equal(0, pebble.Count("There are now 2 accounts in memory"));
        Assert.InRange(proxy.Requests.Count - requests, 2, 40);
        Assert.Equal(["accounts", "budget", "certificates"], Remains());
    }

    /// <summary>Lets a gateway order, kills it when it is time, and starts another one in its place.</summary>
    /// <returns>The other one, and how many requests the authority had before it.</returns>
    private async Task<(GatewayProcess Second, int Requests)> KilledAsync(Pebble pebble, AuthorityProxy proxy, int[] ports, Func<bool> isTime)
    {
        string config = Directory.CreateDirectory(Path.Combine(_folder, "config")).FullName;
        await File.WriteAllTextAsync(Path.Combine(config, "plain.yaml"), OrderingGateway.Plain);
        string[] arguments = ["run", "--config", config, "--acme-state", State, "--acme-nameservers", $"{pebble.NameServer}"];
        int port;
        await using (GatewayProcess first = await GatewayProcess.StartAsync(arguments))
        {
            port = await first.PortAsync(80);
            await pebble.StartAsync(port, 1);
            await File.WriteAllTextAsync(Path.Combine(config, "secure.yaml"), Secure(proxy, ports));
            await WaitAsync(first, () => Task.FromResult(isTime()), "the orders are where they are wanted", Eventually.Deadline);
            await first.KillAsync();
        }
        Assert.NotEmpty(Directory.EnumerateFiles(Path.Combine(State, "locks"), "*", SearchOption.AllDirectories));
        int requests = proxy.Requests.Count;
        return (await GatewayProcess.StartAsync([.. arguments, "--port-map", string.Create(CultureInfo.InvariantCulture, $"80={port}")]), requests);
    }

    private static async Task<bool> HoldFirstAsync(HttpContext context, ConcurrentDictionary<string, bool> held, params string[] points)
    {
        foreach (string point in points)
        {
            if (!context.Request.Path.StartsWithSegments(point) || !held.TryAdd(point, true))
                continue;
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        }
        return false;
    }

    /// <summary>Waits for a certificate: the locks of the one who was killed are free after their time, and no later.</summary>
    private static Task ServedAsync(GatewayProcess gateway, int port) =>
        WaitAsync(gateway, async () => await IsServedAsync(await gateway.PortAsync(port)), "the certificate is served", Timing.LockStale + Timing.Watch + (Eventually.Deadline / 2));

    private static async Task WaitAsync(GatewayProcess gateway, Func<Task<bool>> condition, string what, TimeSpan deadline)
    {
        try
        {
            await Eventually.HoldsAsync(condition, what, deadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{gateway.Output}", e);
        }
    }

    private static async Task<bool> IsServedAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "site.example", RemoteCertificateValidationCallback = (_, _, _, _) => true });
            return tls.RemoteCertificate!.Issuer.Contains("Pebble", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            return false;
        }
    }

    /// <summary>The folders of the state in which there is something.</summary>
    private string[] Remains() =>
        [.. Directory.EnumerateFiles(State, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(State, file).Split('/')[0]).Distinct().Order()];

    private static string Secure(AuthorityProxy proxy, int[] ports) => string.Join('\n', ports.Select(port => string.Create(CultureInfo.InvariantCulture, $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: secure-{{port}}, namespace: default, annotations: {cert-manager.io/cluster-issuer: test} }
        spec:
          servers:
          - port: {number: {{port}}, name: https, protocol: HTTPS}
            hosts: [site.example]
            tls: {mode: SIMPLE, credentialName: cert-{{port}}}
        ---
        """)).Append($$"""
        apiVersion: cert-manager.io/v1
        kind: ClusterIssuer
        metadata: {name: test}
        spec:
          acme:
            server: {{proxy.Url}}
            privateKeySecretRef: {name: test-account}
            caBundle: {{proxy.CaBundle}}
            solvers: [{http01: {ingress: {class: istio} } }]
        """));
}
