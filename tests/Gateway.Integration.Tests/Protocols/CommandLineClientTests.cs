using System.Globalization;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Protocols;

/// <summary>Clients that are not ours: curl and h2load.</summary>
public sealed class CommandLineClientTests(EchoFixture fixture) : IClassFixture<EchoFixture>
{
    [ToolFact("curl")]
    public async Task Curl_speaks_HTTP1() => await CurlAsync("HTTP/1.1", tls: false, "--http1.1");

    [ToolFact("curl")]
    public async Task Curl_speaks_HTTP2_with_prior_knowledge() => await CurlAsync("HTTP/2", tls: false, "--http2-prior-knowledge");

    [ToolFact("curl")]
    public async Task Curl_speaks_HTTP1_over_TLS() => await CurlAsync("HTTP/1.1", tls: true, "--http1.1");

    [ToolFact("curl")]
    public async Task Curl_speaks_HTTP2_over_TLS_and_trusts_the_certificate() => await CurlAsync("HTTP/2", tls: true, "--http2");

    [ToolFact("curl")]
    public async Task Curl_uploads_after_100_continue()
    {
        string file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, new byte[3_000_000]);

        (int exit, string output) = await CommandLineTool.RunAsync(
            "curl", "-sS", "--data-binary", "@" + file, "-H", "Expect: 100-continue", "--resolve", Resolve(80), Url(tls: false));
        File.Delete(file);

        Assert.True(exit == 0, output);
        Assert.Equal(3_000_000, EchoRequest.Parse(output).BodyBytes);
    }

    [ToolFact("h2load")]
    public async Task H2load_over_HTTP2() => await LoadAsync("http", 80);

    [ToolFact("h2load")]
    public async Task H2load_over_HTTP2_and_TLS() => await LoadAsync("https", 443);

    [ToolFact("h2load")]
    public async Task H2load_over_HTTP1() => await LoadAsync("http", 80, "--h1");

    [ToolFact("h2load")]
    public async Task H2load_over_HTTP1_and_TLS() => await LoadAsync("https", 443, "--h1");

    private async Task CurlAsync(string protocol, bool tls, string version)
    {
        string authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, fixture.Authority.AuthorityPem);

        (int exit, string output) = await CommandLineTool.RunAsync(
            "curl", "-sS", "-i", version, "--cacert", authority, "--resolve", Resolve(tls ? 443 : 80), Url(tls) + "?a=b");
        File.Delete(authority);

        Assert.True(exit == 0, output);
        Assert.StartsWith($"{protocol} 200", output, StringComparison.Ordinal);
        EchoRequest seen = EchoRequest.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.Equal(("/x?a=b", $"h1.test:{Port(tls ? 443 : 80)}"), (seen.Target, seen.Authority));
    }

    private async Task LoadAsync(string scheme, int port, params string[] more)
    {
        (int exit, string output) = await CommandLineTool.RunAsync(
            "h2load", [.. more, "-n", "2000", "-c", "10", "-m", "10", "-H", ":authority: h1.test", $"{scheme}://127.0.0.1:{Port(port)}/"]);

        Assert.True(exit == 0, output);
        Assert.True(output.Contains("2000 succeeded, 0 failed, 0 errored, 0 timeout", StringComparison.Ordinal), output);
        Assert.True(output.Contains("2000 2xx, 0 3xx, 0 4xx, 0 5xx", StringComparison.Ordinal), output);
    }

    private string Url(bool tls) => $"{(tls ? "https" : "http")}://h1.test:{Port(tls ? 443 : 80)}/x";

    private string Resolve(int port) => $"h1.test:{Port(port)}:127.0.0.1";

    private string Port(int port) => fixture.Gateway.Port(port).ToString(CultureInfo.InvariantCulture);
}
