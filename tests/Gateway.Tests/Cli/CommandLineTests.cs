using System.Net;
using Gateway.Cli;
using Gateway.Hosting;

namespace Gateway.Tests.Cli;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("gateway --help")]
    [InlineData("gateway run --help", "--port-map", "gateway run --config")]
    [InlineData("gateway validate --help", "--output", "gateway validate --config")]
    [InlineData("gateway explain --help", "--header", "gateway explain --config")]
    [InlineData("gateway version --help", "gateway version")]
    public async Task Help_has_options_and_examples(string line, params string[] parts)
    {
        CliRun run = await CliRun.OfAsync([.. line.Split(' ').Skip(1)]);

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        Assert.Contains("Examples:", run.Out, StringComparison.Ordinal);
        Assert.All(parts, part => Assert.Contains(part, run.Out, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gateway", "gateway --help")]
    [InlineData("gateway frobnicate", "frobnicate")]
    [InlineData("gateway validate", "--config")]
    [InlineData("gateway validate --config x --output xml", "xml")]
    [InlineData("gateway run --config x --port-map 80", "80=8080")]
    [InlineData("gateway run --config x --port-map *=8080", "*=0")]
    [InlineData("gateway run --config x --admin-address nowhere", "ADDRESS:PORT")]
    [InlineData("gateway run --config x --drain-time soon", "5s")]
    [InlineData("gateway run --config x --labels app", "k=v")]
    [InlineData("gateway run --config x --acme-nameservers ns.example", "192.0.2.53:5353")]
    [InlineData("gateway explain --config x GET", "URL")]
    [InlineData("gateway explain --config x --header nocolon GET http://a/", "name: value")]
    [InlineData("gateway explain --config x GET ftp://a/", "ftp://a/")]
    public async Task Misuse_ends_with_2_and_says_what_to_write(string line, string hint)
    {
        CliRun run = await CliRun.OfAsync([.. line.Split(' ').Skip(1)]);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Out);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_names_the_product_and_the_runtime()
    {
        CliRun run = await CliRun.OfAsync("version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^gateway \d+\.\d+\.\d+", run.Out);
        Assert.Contains(".NET 10", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("192.0.2.53", "192.0.2.53:53")]
    [InlineData("192.0.2.53:5353, 2001:db8::53,[2001:db8::54]:54", "192.0.2.53:5353 [2001:db8::53]:53 [2001:db8::54]:54")]
    [InlineData("192.0.2.53,", null)]
    [InlineData("ns.example", null)]
    public void Name_servers_are_addresses_with_or_without_a_port(string text, string? servers)
    {
        Assert.Equal(servers is not null, OptionTexts.TryNameServers(text, out IPEndPoint[] read));
        Assert.True(servers is null || servers == string.Join(' ', (object[])read));
    }

    [Theory]
    [InlineData("15000", "127.0.0.1:15000")]
    [InlineData("0.0.0.0:1", "0.0.0.0:1")]
    [InlineData("[::1]:7", "[::1]:7")]
    [InlineData("localhost:7", "127.0.0.1:7")]
    [InlineData("off", null)]
    public void End_points_can_be_written_in_several_ways(string text, string? expected)
    {
        Assert.True(OptionTexts.TryEndPoint(text, IPAddress.Loopback, out IPEndPoint? endPoint));
        Assert.Equal(expected, endPoint?.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("70000")]
    [InlineData("1.2.3.4")]
    [InlineData("::1")]
    [InlineData("::1:80")]
    [InlineData("host:80")]
    [InlineData("1.2.3.4:x")]
    public void What_is_no_end_point_is_refused(string text) => Assert.False(OptionTexts.TryEndPoint(text, IPAddress.Loopback, out _));

    [Theory]
    [InlineData("5s", 5000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5m", 90000)]
    [InlineData("0", 0)]
    public void Durations_have_units(string text, double milliseconds)
    {
        Assert.True(OptionTexts.TryDuration(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("99999999s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(OptionTexts.TryDuration(text, out _));

    [Fact]
    public void Port_rules_lay_over_each_other()
    {
        PortMap map = PortMap.Identity.With("80=8080")!.With("443=0")!;
        Assert.Equal([8080, 0, 15], new[] { 80, 443, 15 }.Select(map.Bind));

        PortMap free = map.With("*=0")!;
        Assert.Equal([8080, 0, 0], new[] { 80, 443, 15 }.Select(free.Bind));
    }

    [Theory]
    [InlineData("80")]
    [InlineData("0=80")]
    [InlineData("80=65536")]
    [InlineData("a=b")]
    [InlineData("*=1")]
    public void What_is_no_port_rule_is_refused(string rule) => Assert.Null(PortMap.Identity.With(rule));
}
