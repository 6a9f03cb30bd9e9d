using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Cli;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Demo;

/// <summary>What the README promises of the first command.</summary>
public sealed partial class DemoTests
{
    [Fact]
    public async Task The_pages_are_served_over_http_and_https()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        using HttpClient browser = Browser();

        foreach (Uri page in new[] { demo.Http, demo.Https })
        {
            using HttpResponseMessage response = await browser.GetAsync(page);
            string html = await response.Content.ReadAsStringAsync();

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("The Comedy of Errors", html, StringComparison.Ordinal);
            Assert.Contains("reviews v1", html, StringComparison.Ordinal);
            Assert.Contains("Two Dromios Press", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_root_leads_to_the_page()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        using HttpClient browser = Browser();

        using HttpResponseMessage response = await browser.GetAsync(new Uri(demo.Http, "/"));

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal(demo.Http, response.Headers.Location);
    }

    [Fact]
    public async Task Jason_sees_black_stars_and_others_none()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        using HttpClient browser = Browser();
        string before = await browser.GetStringAsync(demo.Http);

        using var form = new FormUrlEncodedContent([new("username", "jason"), new("passwd", "any")]);
        (await browser.PostAsync(new Uri(demo.Http, "/login"), form)).Dispose();
        string after = await browser.GetStringAsync(demo.Http);

        Assert.DoesNotContain("class=\"stars", before, StringComparison.Ordinal);
        Assert.Contains("class=\"stars black\"", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Editing_the_weights_changes_who_answers_and_no_request_fails()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        using HttpClient browser = Browser();
        using var done = new CancellationTokenSource();
        var answers = new ConcurrentQueue<string>();
        Task[] clients = [AskAsync(), AskAsync()];

        await SeenAsync("v1");
        demo.SetReviews(demo.Alternative("all-v3.yaml"));
        await SeenAsync("v3");
        demo.SetReviews("this is: no: yaml");
        demo.SetReviews(demo.Alternative("80-20.yaml"));
        await SeenAsync("v2");
        demo.SetReviews(demo.Alternative("50-v3.yaml"));
        await SeenAsync("v3");
        await done.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Equal(["v1", "v2", "v3"], answers.Distinct().Order(StringComparer.Ordinal));

        async Task AskAsync()
        {
            while (!done.IsCancellationRequested)
                answers.Enqueue(await VersionAsync(browser, demo));
        }

        Task SeenAsync(string version)
        {
            int before = answers.Count;
            return Eventually.HoldsAsync(() => answers.Skip(before).Contains(version), $"reviews {version} answers");
        }
    }

    [Fact]
    public async Task The_weights_are_the_shares()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        using HttpClient browser = Browser();
        demo.SetReviews(demo.Alternative("50-v3.yaml"));
        await Eventually.HoldsAsync(async () => await VersionAsync(browser, demo) == "v3", "the new weights are in force");

        const int Requests = 400;
        int v3 = 0;
        for (int i = 0; i < Requests; i++)
            v3 += await VersionAsync(browser, demo) == "v3" ? 1 : 0;

        // Six standard deviations on either side of half.
        Assert.InRange(v3, (Requests / 2) - 60, (Requests / 2) + 60);
    }

    [Fact]
    public async Task The_explain_command_that_is_printed_names_the_server_that_answers_jason()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        string[] arguments = [.. ExplainLine().Match(demo.Output).Groups["arguments"].Value
            .Replace("\\\n", " ", StringComparison.Ordinal).Replace("'end-user: jason'", "end-user:jason", StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        using var output = new StringWriter();

        int code = await new GatewayCli(new CliConsole(output, output, isTerminal: false)).RunAsync(arguments, CancellationToken.None);

        Assert.Equal(0, code);
        Assert.Contains("subset v2", output.ToString(), StringComparison.Ordinal);
        Assert.Contains($"127.0.0.1:{PortOf(demo, "reviews v2")}", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_without_waiting_and_leaves_nothing_behind()
    {
        await using RunningDemo demo = await RunningDemo.StartAsync();
        string endpoints = EndpointsFolder().Match(demo.Output).Value;
        Assert.True(Directory.Exists(endpoints));

        Assert.Equal(0, await demo.StopAsync());

        Assert.False(Directory.Exists(endpoints));
    }

    [Fact]
    public async Task A_port_in_use_is_said_with_what_to_do()
    {
        using var other = new TcpListener(IPAddress.IPv6Any, 0);
        other.Server.DualMode = true;
        other.Start();
        string port = ((IPEndPoint)other.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        (int code, string errors) = await RunningDemo.FailAsync("--http-port", port, "--https-port", "0");

        Assert.Equal(1, code);
        Assert.Contains(port, errors, StringComparison.Ordinal);
        Assert.Contains("--http-port", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_missing_is_said()
    {
        using var errors = new StringWriter();

        int code = await new GatewayCli(new CliConsole(TextWriter.Null, errors, isTerminal: false)).RunAsync(["demo", "--config-dir", "no-such-folder"], CancellationToken.None);

        Assert.Equal(1, code);
        Assert.Contains("no-such-folder", errors.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("http")]
    public async Task A_port_that_is_none_is_misuse(string port)
    {
        using var errors = new StringWriter();

        int code = await new GatewayCli(new CliConsole(TextWriter.Null, errors, isTerminal: false)).RunAsync(["demo", "--http-port", port], CancellationToken.None);

        Assert.Equal(2, code);
        Assert.Contains("--http-port", errors.ToString(), StringComparison.Ordinal);
    }

    private static async Task<string> VersionAsync(HttpClient browser, RunningDemo demo)
    {
        using HttpResponseMessage response = await browser.GetAsync(new Uri(demo.Http, "/api/v1/products/0/reviews"));
        if (response.StatusCode != HttpStatusCode.OK)
            return $"status {(int)response.StatusCode}";
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("version").GetString()!;
    }

    private static string PortOf(RunningDemo demo, string server) =>
        Regex.Match(demo.Output, Regex.Escape(server) + @" +127\.0\.0\.1:(\d+)").Groups[1].Value;

    private static HttpClient Browser()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=localhost, O=Gateway demo";
        return new HttpClient(handler);
    }

    [GeneratedRegex(@"(?<=gateway|testhost|\S) (?<arguments>explain [\s\S]*?/reviews/0)")]
    private static partial Regex ExplainLine();

    [GeneratedRegex(@"\S*gateway-demo-(?!test)\S+")]
    private static partial Regex EndpointsFolder();
}
