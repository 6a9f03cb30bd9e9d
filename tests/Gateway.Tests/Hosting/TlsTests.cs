using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Hosting;
using Gateway.Listeners;
using Gateway.Snapshot;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;
using Gateway.Tls;

namespace Gateway.Tests.Hosting;

public class TlsTests : IDisposable
{
    private readonly TestCertificates _authority = new();

    public void Dispose()
    {
        _authority.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("1.1", KeyKind.Ecdsa)]
    [InlineData("2.0", KeyKind.Ecdsa)]
    [InlineData("2.0", KeyKind.Rsa)]
    public async Task The_server_name_chooses_certificate_and_routes(string version, KeyKind kind)
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot(
            [Secret("a", _authority.IssueServer(kind, "a.test")), Secret("b", _authority.IssueServer(kind, "x.b.test"))],
            Chain("a", ["a.test"], Simple("a"), "from a"),
            Chain("b", ["*.b.test"], Simple("b"), "from b")));

        foreach ((string name, string text) in new[] { ("a.test", "from a"), ("x.b.test", "from b"), ("A.test", "from a") })
        {
            ClientTls tls = version == "2.0" ? ClientTls.Http2(name) : ClientTls.Http1(name);
            using HttpClient client = TestHttpClient.Create(bed.PortOf(443), Version.Parse(version), tls);
            Assert.Equal(text, await client.GetStringAsync("/"));
            await using RawHttpConnection raw = await RawHttpConnection.ConnectAsync(bed.PortOf(443), tls);
            Assert.Contains(name.ToLowerInvariant(), raw.Tls!.RemoteCertificate!.Subject, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_server_name_without_chain_is_closed_without_a_certificate()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot([Secret("a", _authority.IssueServer("a.test"))], Chain("a", ["a.test"], Simple("a"), "a")));

        await Assert.ThrowsAnyAsync<IOException>(() => RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("other.test")));
    }

    [Fact]
    public async Task Both_key_types_are_offered_by_what_the_client_can_verify()
    {
        DownstreamTlsConfig both = Simple("rsa") with { Certificates = [Reference("rsa"), Reference("ecdsa")] };
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot(
            [Secret("rsa", _authority.IssueServer(KeyKind.Rsa, "a.test")), Secret("ecdsa", _authority.IssueServer(KeyKind.Ecdsa, "a.test"))],
            Chain("a", [], both, "a")));

        await using RawHttpConnection raw = await RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("a.test"));

        Assert.Equal("1.2.840.10045.2.1", raw.Tls!.RemoteCertificate!.GetKeyAlgorithm());
    }

    [Fact]
    public async Task Mutual_tls_takes_only_clients_of_its_authority_and_tells_upstream_who_they_are()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        using var stranger = new TestCertificates("Somebody else");
        DownstreamTlsConfig mutual = Simple("a") with { ClientCertificate = ClientCertificateMode.Required, ClientAuthorities = Reference("a") };
        GatewaySnapshot snapshot = Snapshot(
            [Secret("a", _authority.IssueServer("a.test")), CaSecret("a-cacert")],
            DataPlaneBed.Chain("a", mutual, ["a.test"], DataPlaneBed.Forward("/", 0)));
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(new GatewaySnapshot
        {
            Listeners = snapshot.Listeners, Secrets = snapshot.Secrets, Mesh = snapshot.Mesh,
            Clusters = [DataPlaneBed.Cluster("up", UpstreamProtocol.Http1, echo.Port)],
        });
        int port = bed.PortOf(443);
        using TestCertificate good = _authority.IssueClient("alice", "spiffe://test/alice", "alice.test");
        using TestCertificate bad = stranger.IssueClient("mallory");

        await using RawHttpConnection accepted = await RawHttpConnection.ConnectAsync(port, ClientTls.Http1("a.test", good.Certificate));
        await accepted.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Client-Cert: forged\r\n\r\n");
        Assert.Equal(200, (await accepted.ReadResponseAsync())!.Status);
        await Assert.ThrowsAnyAsync<Exception>(() => ExchangeAsync(port, bad));
        await Assert.ThrowsAnyAsync<Exception>(() => ExchangeAsync(port, null));

        EchoRequest seen = Assert.Single(echo.Requests);
        string xfcc = Assert.Single(seen.Headers["x-forwarded-client-cert"]);
        string hash = good.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();
        Assert.StartsWith($"Hash={hash};Cert=\"-----BEGIN%20CERTIFICATE-----%0A", xfcc, StringComparison.Ordinal);
        Assert.EndsWith(";Subject=\"CN=alice\";URI=spiffe://test/alice;DNS=alice.test", xfcc, StringComparison.Ordinal);
        Assert.Equal(["https"], seen.Headers["x-forwarded-proto"]);
    }

    [Fact]
    public async Task A_client_must_have_one_of_the_wanted_names()
    {
        DownstreamTlsConfig mutual = Simple("a") with
        {
            ClientCertificate = ClientCertificateMode.Required,
            ClientAuthorities = Reference("a"),
            SubjectAltNames = ["spiffe://test/alice"],
        };
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot(
            [Secret("a", _authority.IssueServer("a.test")), CaSecret("a-cacert")], Chain("a", [], mutual, "ok")));
        using TestCertificate alice = _authority.IssueClient("alice", "spiffe://test/alice");
        using TestCertificate bob = _authority.IssueClient("bob", "spiffe://test/bob");

        Assert.Equal("ok", await ExchangeAsync(bed.PortOf(443), alice));
        await Assert.ThrowsAnyAsync<Exception>(() => ExchangeAsync(bed.PortOf(443), bob));
    }

    [Fact]
    public async Task A_rotated_certificate_is_used_by_the_next_handshake_and_ends_no_connection()
    {
        TestCertificate first = _authority.IssueServer("a.test");
        TestCertificate second = _authority.IssueServer("a.test");
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot([Secret("a", first)], Chain("a", ["a.test"], Simple("a"), "one")));
        await using RawHttpConnection old = await RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("a.test"));

        Assert.Empty(await bed.ApplyAsync(Snapshot([Secret("a", second)], Chain("a", ["a.test"], Simple("a"), "two"))));

        await using RawHttpConnection fresh = await RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("a.test"));
        Assert.Equal(second.Certificate.SerialNumber, fresh.Tls!.RemoteCertificate!.GetSerialNumberString());
        await old.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        Assert.Equal("two", (await old.ReadResponseAsync())!.Text);
    }

    [Fact]
    public async Task Changed_tls_settings_end_the_chains_connections()
    {
        TestCertificate certificate = _authority.IssueServer("a.test", "b.test");
        FilterChainConfig other = Chain("b", ["b.test"], Simple("a"), "b");
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(Snapshot([Secret("a", certificate)], Chain("a", ["a.test"], Simple("a"), "a"), other));
        await using RawHttpConnection changed = await ServedAsync(bed, "a.test");
        await using RawHttpConnection kept = await ServedAsync(bed, "b.test");

        DownstreamTlsConfig only13 = Simple("a") with { Protocols = System.Security.Authentication.SslProtocols.Tls13 };
        await bed.ApplyAsync(Snapshot([Secret("a", certificate)], Chain("a", ["a.test"], only13, "a"), other));

        await changed.WaitForCloseAsync();
        await kept.SendAsync("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n");
        Assert.Equal("b", (await kept.ReadResponseAsync())!.Text);
    }

    [Fact]
    public async Task A_bad_secret_affects_only_its_host()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync();
        GatewaySnapshot snapshot = Snapshot(
            [Secret("good", _authority.IssueServer("good.test"))],
            Chain("good", ["good.test"], Simple("good"), "ok"), Chain("bad", ["bad.test"], Simple("missing"), "never"));

        ImmutableArray<Diagnostic> findings = await bed.ApplyAsync(snapshot);

        Diagnostic finding = Assert.Single(findings);
        Assert.Equal(("GW0301", "Secret istio-system/missing"), (finding.Code, finding.Resource.ToString()));
        await using RawHttpConnection good = await ServedAsync(bed, "good.test");
        await Assert.ThrowsAnyAsync<IOException>(() => RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1("bad.test")));
    }

    [Theory]
    [InlineData(443, "")]
    [InlineData(443, "\u0016\u0003")]
    [InlineData(80, "")]
    [InlineData(80, "PRI * HT")]
    public async Task A_connection_that_is_not_opened_in_time_is_closed(int configuredPort, string start)
    {
        GatewaySnapshot tls = Snapshot([Secret("a", _authority.IssueServer("a.test"))], Chain("a", [], Simple("a"), "a"));
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(
            new GatewaySnapshot { Listeners = [.. tls.Listeners, DataPlaneBed.Http(80)], Clusters = [], Secrets = tls.Secrets, Mesh = tls.Mesh },
            new DataPlaneOptions { OpeningDeadline = TimeSpan.FromSeconds(1) });
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(configuredPort));
        // Writing to a connection that is closed already would fail.
        if (start.Length > 0)
            await connection.SendAsync(start);

        await connection.WaitForCloseAsync();

        await Eventually.HoldsAsync(() => bed.Plane.Listeners.OpenConnectionCount == 0, "the connection is gone");
    }

    [Fact]
    public async Task A_handshake_that_stalls_is_closed()
    {
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(
            Snapshot([Secret("a", _authority.IssueServer("a.test"))], Chain("a", [], Simple("a"), "a")),
            new DataPlaneOptions { OpeningDeadline = TimeSpan.FromMilliseconds(300) });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, bed.PortOf(443));
        await using var silent = new HalfSilentStream(client.GetStream());
        await using var tls = new SslStream(silent);

        await Assert.ThrowsAnyAsync<IOException>(() => tls.AuthenticateAsClientAsync("a.test"));
    }

    private static async Task<string> ExchangeAsync(int port, TestCertificate? certificate)
    {
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port, ClientTls.Http1("a.test", certificate?.Certificate));
        await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        return (await connection.ReadResponseAsync() ?? throw new IOException("Closed.")).Text;
    }

    private static async Task<RawHttpConnection> ServedAsync(DataPlaneBed bed, string host)
    {
        RawHttpConnection connection = await RawHttpConnection.ConnectAsync(bed.PortOf(443), ClientTls.Http1(host));
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Assert.Equal(200, (await connection.ReadResponseAsync())!.Status);
        return connection;
    }

    private static CertificateReference Reference(string secret) => new("istio-system", secret, null, null, null);

    private static DownstreamTlsConfig Simple(string secret) => new() { Certificates = [Reference(secret)] };

    private static FilterChainConfig Chain(string name, EquatableArray<string> serverNames, DownstreamTlsConfig tls, string text) =>
        DataPlaneBed.Chain(name, tls, serverNames, DataPlaneBed.Direct("/", 200, text));

    private static GatewaySnapshot Snapshot(IEnumerable<Resource<SecretSpec>> secrets, params FilterChainConfig[] chains) => new()
    {
        Listeners = [DataPlaneBed.Https(443, chains)],
        Clusters = [],
        Secrets = secrets.ToImmutableDictionary(secret => $"{secret.Metadata.Namespace}/{secret.Metadata.Name}"),
        Mesh = MeshConfig.Default,
    };

    private static Resource<SecretSpec> Secret(string name, TestCertificate certificate) =>
        Secret(name, ("tls.crt", certificate.CertificatePem), ("tls.key", certificate.KeyPem));

    private Resource<SecretSpec> CaSecret(string name) => Secret(name, ("ca.crt", _authority.AuthorityPem));

    internal static Resource<SecretSpec> Secret(string name, params (string Key, string Text)[] data) => new()
    {
        Id = new ResourceId("Secret", "istio-system", name),
        Metadata = new ObjectMeta { Name = name, Namespace = "istio-system" },
        Document = ConfigNode.Missing,
        Spec = new SecretSpec
        {
            Data = new EquatableMap<EquatableArray<byte>>(data.Select(entry =>
                KeyValuePair.Create<string, EquatableArray<byte>>(entry.Key, [.. Encoding.UTF8.GetBytes(entry.Text)]))),
        },
    };

    /// <summary>Sends the first message and nothing after it.</summary>
    private sealed class HalfSilentStream(Stream inner) : Stream
    {
        private int _writes;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _writes == 1 && buffer.Length > 0 ? ReadToEndAsync(buffer, cancellationToken) : inner.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            _writes++ == 0 ? inner.WriteAsync(buffer, cancellationToken) : ValueTask.CompletedTask;

        private async ValueTask<int> ReadToEndAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            while (await inner.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
            return 0;
        }
    }
}
