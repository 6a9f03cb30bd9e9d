using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Egress;

/// <summary>The ways by which clients reach a wildcard's names and registered addresses, on both transports.</summary>
public sealed class WaysInTests
{
    public static TheoryData<bool> Transports => OperatingSystem.IsLinux() ? [false, true] : [false];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_tunnel_on_a_stream_of_HTTP2_carries_TLS_and_much_data(bool onEventLoops)
    {
        await using EgressBed bed = await EgressBed.StartAsync(onEventLoops: onEventLoops);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        byte[] body = RandomNumberGenerator.GetBytes(1024 * 1024);
        await using Stream plain = new NetworkStream(await ConnectAsync(bed.Gateway.Port(3128)), ownsSocket: true);

        await using Http2Tunnel? tunnel = await Http2Tunnel.ConnectAsync(plain, "a.wild.test:443", deadline.Token);
        Assert.NotNull(tunnel);
        RawHttpResponse? answer = await PostAsync(tunnel, "a.wild.test", body, deadline.Token);

        Assert.Equal(200, answer?.Status);
        EchoRequest seen = Assert.Single(bed.Secure.Requests);
        Assert.Equal(("a.wild.test", body.LongLength), (seen.ServerName, seen.BodyBytes));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task A_tunnel_on_HTTP2_inside_TLS_is_served_and_the_connection_stays_for_the_next(bool onEventLoops)
    {
        await using EgressBed bed = await EgressBed.StartAsync(onEventLoops: onEventLoops);
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(3129), ClientTls.Http2("proxy.test"), cancel: deadline.Token);

        await using Http2Tunnel? tunnel = await Http2Tunnel.ConnectAsync(connection.Stream, "api.test:80", deadline.Token);
        Assert.NotNull(tunnel);
        await tunnel.WriteAsync("GET /inside HTTP/1.1\r\nHost: api.test\r\nConnection: close\r\n\r\n"u8.ToArray(), deadline.Token);
        using var reader = new StreamReader(tunnel, Encoding.Latin1);
        string text = await reader.ReadToEndAsync(deadline.Token);

        Assert.StartsWith("HTTP/1.1 200", text, StringComparison.Ordinal);
        Assert.Equal("/inside", Assert.Single(bed.Plain.Requests).Target);
        Assert.Equal(1, bed.Gateway.OpenConnections);
    }

    [Fact]
    public async Task A_tunnel_on_HTTP2_to_what_is_not_registered_is_refused_and_remembered()
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        await using Stream plain = new NetworkStream(await ConnectAsync(bed.Gateway.Port(3128)), ownsSocket: true);

        Assert.Null(await Http2Tunnel.ConnectAsync(plain, "unknown.test:443"));
        Assert.Equal([("CONNECT", "unknown.test", 443, 1L)], bed.Gateway.Denied);
    }

    [ToolTheory("curl")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Curl_uses_a_proxy_that_speaks_TLS(bool onEventLoops)
    {
        await using EgressBed bed = await EgressBed.StartAsync(onEventLoops: onEventLoops);
        string[] proxy = ["-sS", "-x", bed.SecureProxy, "--proxy-cacert", bed.AuthorityFile, "--cacert", bed.AuthorityFile, "--connect-timeout", "20",
            "--resolve", $"proxy.test:{bed.Gateway.Port(3129).ToString(CultureInfo.InvariantCulture)}:127.0.0.1", "-w", "\n%{http_code} %{http_connect}"];

        (int plainExit, string plain) = await CommandLineTool.RunAsync("curl", [.. proxy, "http://api.test/plain"]);
        (int tunnelExit, string tunnel) = await CommandLineTool.RunAsync("curl", [.. proxy, "https://secure.test/tls"]);
        (int deniedExit, string denied) = await CommandLineTool.RunAsync("curl", [.. proxy, "https://unknown.test/tls"]);

        Assert.True(plainExit == 0 && plain.EndsWith("\n200 000", StringComparison.Ordinal), plain);
        Assert.True(tunnelExit == 0 && tunnel.EndsWith("\n200 200", StringComparison.Ordinal), tunnel);
        Assert.True(deniedExit != 0 && denied.Contains("403", StringComparison.Ordinal), denied);
        Assert.Equal(("/plain", "/tls"), (Assert.Single(bed.Plain.Requests).Target, Assert.Single(bed.Secure.Requests).Target));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task TLS_that_passes_through_leads_to_the_name_it_asks_for(bool onEventLoops)
    {
        await using EgressBed bed = await EgressBed.StartAsync(onEventLoops: onEventLoops);
        foreach (string name in (string[])["a.wild.test", "b.wild.test"])
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(
                bed.Gateway.Port(8443), ClientTls.Http1(name) with { Authority = bed.Authority.Authority });
            await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n");
            Assert.Equal(200, (await connection.ReadResponseAsync())?.Status);
        }

        Assert.Equal(["a.wild.test", "b.wild.test"], bed.Secure.Requests.Select(request => request.ServerName));
        Assert.Equal(1, bed.Dns.Queries("a.wild.test"));
        Assert.All(bed.Gateway.Clusters.Keys, name => Assert.DoesNotContain("a.wild.test", name, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("other.test", "", true)]
    [InlineData("wild.test", "", true)]
    [InlineData("inside.wild.test", "DF", false)]
    [InlineData("missing.wild.test", "DF", false)]
    public async Task TLS_that_must_not_pass_is_closed_with_a_reason(string name, string flags, bool isRemembered)
    {
        await using EgressBed bed = await EgressBed.StartAsync();
        bed.Dns.Set("inside.wild.test", TimeSpan.FromSeconds(60), IPAddress.Parse("10.1.2.3"));

        await Assert.ThrowsAnyAsync<IOException>(() => RawHttpConnection.ConnectAsync(bed.Gateway.Port(8443), ClientTls.Http1(name)));

        if (flags.Length > 0)
            Assert.Equal(flags, (await bed.Gateway.CompletionAsync(_ => true)).Flags);
        await Eventually.HoldsAsync(() => bed.Gateway.Denied.Count == (isRemembered ? 1 : 0), "it is remembered");
        Assert.All(bed.Gateway.Denied, denied => Assert.Equal(("TLS", name, 8443, 1L), denied));
        Assert.Empty(bed.Secure.Requests);
    }

    [Theory]
    [InlineData("NONE", "10.255.0.1", false)]
    [InlineData("NONE", "127.0.0.1", true)]
    [InlineData("STATIC", "240.240.0.1", true)]
    public async Task Addresses_of_an_entry_are_reached_and_those_of_a_resolved_one_stand_for_its_endpoints(string resolution, string address, bool isReached)
    {
        string listed = isReached ? address : "10.0.0.0/30";
        await using EgressBed bed = await EgressBed.StartAsync(more: (plain, _) => $$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: listed}
            spec:
              hosts: [listed.test]
              addresses: [{{listed}}]
              resolution: {{resolution}}
              ports: [{number: {{plain}}, name: tcp, protocol: TCP}]
              {{(resolution == "STATIC" ? "endpoints: [{address: 127.0.0.1}]" : "")}}
            """);
        string target = string.Create(CultureInfo.InvariantCulture, $"{address}:{bed.Plain.Port}");

        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.Gateway.Port(3128));
        await connection.SendAsync($"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n");
        RawHttpResponse? answer = await connection.ReadResponseAsync(toHead: isReached);
        Assert.Equal(isReached ? 200 : 403, answer?.Status);
        if (!isReached)
            return;
        await connection.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal(200, (await connection.ReadResponseAsync())?.Status);
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    /// <summary>Speaks TLS with HTTP/1.1 inside through a tunnel.</summary>
    private static async Task<RawHttpResponse?> PostAsync(Stream tunnel, string host, byte[] body, CancellationToken cancel)
    {
        await using Stream secure = await ClientTls.Http1(host).AuthenticateAsync(tunnel, cancel);
        await secure.WriteAsync(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), cancel);
        await secure.WriteAsync(body, cancel);
        using var reader = new StreamReader(secure, Encoding.Latin1);
        string text = await reader.ReadToEndAsync(cancel);
        return new RawHttpResponse { StatusLine = text.Split("\r\n")[0], Headers = [], Body = Encoding.Latin1.GetBytes(text) };
    }
}
