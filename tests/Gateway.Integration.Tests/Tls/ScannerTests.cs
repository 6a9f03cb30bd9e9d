using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Gateway.Integration.Tests.Tools;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tls;

/// <summary>What Debian's scanners find in a default gateway, beside what they find in a default nginx with the same certificates.</summary>
public sealed class ScannerTests : IDisposable
{
    private static readonly TimeSpan ScanLimit = TimeSpan.FromMinutes(12);

    /// <summary>testssl.sh's words for how bad something is, the worst last.</summary>
    private static readonly string[] Severities = ["OK", "INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"];

    // Of the certificate with the shorter key, by what authorities think it is worth.
    private const int RsaBits = 2048;

    private readonly TestCertificates _authority = new();
    private readonly TestCertificate _ecdsa;
    private readonly TestCertificate _rsa;
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway-scan").FullName;

    public ScannerTests()
    {
        _ecdsa = _authority.IssueServer("a.test");
        _rsa = _authority.IssueServer(KeyKind.Rsa, "a.test");
    }

    public static TheoryData<string> Ways => TlsWays.All;

    public void Dispose()
    {
        _ecdsa.Dispose();
        _rsa.Dispose();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [ToolTheory("sslscan")]
    [MemberData(nameof(Ways))]
    public async Task Sslscan_finds_no_protocol_and_no_cipher_that_nginx_does_not_have_nor_any_weak_one(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        await using ServerProcess nginx = await PlainNginx.StartAsync(_ecdsa, _rsa);

        Scan ours = await SslscanAsync(gateway.Port(443));
        Scan theirs = await SslscanAsync(nginx.Port);

        Assert.Equal(["1.2", "1.3"], ours.Protocols.Order(StringComparer.Ordinal));
        // nginx of before 1.23.4 does not offer TLS 1.3 unless told to.
        Assert.Empty(ours.Ciphers.Where(cipher => !cipher.StartsWith("TLS_", StringComparison.Ordinal)).Except(theirs.Ciphers));
        Assert.All(ours.Strengths, strength => Assert.Contains(strength, (string[])["strong", "acceptable"]));
        Assert.Empty(ours.Faults.Except(theirs.Faults));
        Assert.DoesNotContain(ours.Ciphers, cipher => cipher.Contains("NULL", StringComparison.Ordinal) || cipher.Contains("RC4", StringComparison.Ordinal) || cipher.Contains("DES", StringComparison.Ordinal));
    }

    [ToolTheory("sslscan")]
    [MemberData(nameof(Ways))]
    public async Task By_the_rules_of_SSL_Labs_the_gateway_is_rated_A_minus_like_nginx_and_A_plus_where_a_route_tells_browsers_to_stay_with_TLS(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        await using ServerProcess nginx = await PlainNginx.StartAsync(_ecdsa, _rsa);

        Scan ours = await SslscanAsync(gateway.Port(443));
        Scan theirs = await SslscanAsync(nginx.Port);

        Assert.Equal("A- (93: 100, 90, 90)", TlsRating.Of(ours.Protocols, ours.Bits, RsaBits, tellsHsts: false));
        Assert.Equal("A+ (93: 100, 90, 90)", TlsRating.Of(ours.Protocols, ours.Bits, RsaBits, tellsHsts: true));
        Assert.Equal("A- (93: 100, 90, 90)", TlsRating.Of(theirs.Protocols, theirs.Bits, RsaBits, tellsHsts: false));
        // What would cost both the letter: no authenticated encryption, no forward secrecy, RC4, 64-bit blocks.
        Assert.All(ours.Ciphers, cipher => Assert.True(cipher.StartsWith("TLS_", StringComparison.Ordinal) || cipher.StartsWith("ECDHE-", StringComparison.Ordinal), cipher));
    }

    [TestsslTheory]
    [MemberData(nameof(Ways))]
    public async Task Testssl_finds_nothing_that_it_does_not_find_in_nginx_at_least_as_bad(string way)
    {
        await using TestGateway gateway = await StartAsync(way);
        await using ServerProcess nginx = await PlainNginx.StartAsync(_ecdsa, _rsa);

        Dictionary<string, (int Severity, string Text)>[] found = await Task.WhenAll(TestsslAsync("gateway", gateway.Port(443)), TestsslAsync("nginx", nginx.Port));

        Console.WriteLine($"{way}: gateway {Text(found[0])}\n{way}: nginx {Text(found[1])}");
        Assert.Empty(found[0].Where(one => found[1].GetValueOrDefault(one.Key).Severity < one.Value.Severity).Select(one => $"{one.Key}: {one.Value.Text}"));
    }

    private static string Text(Dictionary<string, (int Severity, string Text)> findings) =>
        string.Join("; ", findings.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} {Severities[one.Value.Severity]} ({one.Value.Text})"));

    private static async Task<Scan> SslscanAsync(int port)
    {
        (_, string output) = await CommandLineTool.RunAsync("sslscan", "--xml=-", "--no-colour", "--sni-name=a.test", Address(port));
        XElement test = XDocument.Parse(output[output.IndexOf("<?xml", StringComparison.Ordinal)..]).Descendants("ssltest").First();
        return new Scan(
            [.. test.Elements("protocol").Where(one => (string?)one.Attribute("type") == "tls" && (string?)one.Attribute("enabled") == "1").Select(one => (string)one.Attribute("version")!)],
            [.. test.Elements("cipher").Select(one => (string)one.Attribute("cipher")!)],
            [.. test.Elements("cipher").Select(one => (string)one.Attribute("strength")!)],
            [.. test.Elements("cipher").Select(one => (int)one.Attribute("bits")!)],
            [
                .. test.Elements("heartbleed").Where(one => (string?)one.Attribute("vulnerable") == "1").Select(one => "heartbleed " + (string?)one.Attribute("sslversion")),
                .. test.Elements("renegotiation").Where(one => (string?)one.Attribute("supported") == "1" && (string?)one.Attribute("secure") != "1").Select(_ => "insecure renegotiation"),
                .. test.Elements("compression").Where(one => (string?)one.Attribute("supported") == "1").Select(_ => "compression"),
                .. test.Elements("fallback").Where(one => (string?)one.Attribute("supported") == "0").Select(_ => "no fallback signal"),
            ]);
    }

    /// <summary>Protocols, ciphers, forward secrecy, server's defaults, preference and vulnerabilities; the worst of each id.</summary>
    private async Task<Dictionary<string, (int Severity, string Text)>> TestsslAsync(string name, int port)
    {
        string file = Path.Combine(_folder, name + ".json");
        (_, string output) = await CommandLineTool.RunAsync(
            ScanLimit, "testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--jsonfile", file, "-p", "-s", "-f", "-S", "-P", "-U", "https://" + Address(port));
        Assert.True(File.Exists(file), output);
        using JsonDocument findings = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        return findings.RootElement.EnumerateArray()
            .Select(one => (Id: one.GetProperty("id").GetString()!, Severity: Array.IndexOf(Severities, one.GetProperty("severity").GetString()), Text: one.GetProperty("finding").GetString()!))
            .Where(one => one.Severity > 1)
            .GroupBy(one => one.Id, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Select(one => (one.Severity, one.Text)).Max(), StringComparer.Ordinal);
    }

    private static string Address(int port) => "127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture);

    private Task<TestGateway> StartAsync(string way)
    {
        TlsWays.Use(way);
        return TestGateway.StartAsync(
            TestConfig.HttpsGateway("x").Replace("credentialName: x", "credentialNames: [ecdsa, rsa]", StringComparison.Ordinal),
            TestConfig.Secret("ecdsa", _ecdsa), TestConfig.Secret("rsa", _rsa));
    }

    private sealed record Scan(string[] Protocols, string[] Ciphers, string[] Strengths, int[] Bits, string[] Faults);

    /// <summary>Two scans take minutes: in continuous integration, and where <c>GATEWAY_TESTSSL</c> is 1.</summary>
    private sealed class TestsslTheoryAttribute : TheoryAttribute
    {
        public TestsslTheoryAttribute() => Skip = Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("GATEWAY_TESTSSL") == "1"
            ? new ToolFactAttribute("testssl").Skip
            : "It takes minutes; GATEWAY_TESTSSL=1 runs it.";
    }
}
