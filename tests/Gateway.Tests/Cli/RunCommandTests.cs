using System.Net;
using System.Net.Sockets;
using Gateway.Cli;
using Gateway.Observability;
using Gateway.Testing;
using Gateway.Tests.Hosting;
using Gateway.Tests.Sources;
using Microsoft.Extensions.Logging;

namespace Gateway.Tests.Cli;

public sealed class RunCommandTests : IDisposable
{
    private static readonly string[] OwnPortsOff = ["--admin-address", "off", "--health-port", "off", "--metrics-port", "off", "--port-map", "*=0", "--log-level", "error"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Errors_in_the_configuration_end_with_1_and_name_their_places()
    {
        string file = _folder.Write("bad.yaml", HostFixture.RootGateway + "\n    frobnicate: 1\n");

        CliRun run = await CliRun.OfAsync(["run", "--config", _folder.Path, .. OwnPortsOff]);

        Assert.Equal(1, run.ExitCode);
        Assert.Empty(run.Out);
        Assert.Contains($"{file}:8:5: error GW0101", run.Error, StringComparison.Ordinal);
        Assert.Contains("--allow-invalid", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_own_port_in_use_ends_with_1_and_says_what_to_do()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        _folder.Write("gateway.yaml", HostFixture.RootGateway);

        CliRun run = await CliRun.OfAsync("run", "--config", _folder.Path, "--admin-address", taken.LocalEndpoint.ToString()!, "--health-port", "off", "--metrics-port", "off", "--port-map", "*=0", "--log-level", "error");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"The admin port {taken.LocalEndpoint} cannot be bound: the address is in use.", run.Error, StringComparison.Ordinal);
        Assert.Contains("--admin-address", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_runs_until_it_is_told_to_end()
    {
        _folder.Write("gateway.yaml", HostFixture.RootGateway);
        using StringWriter error = new();
        using CancellationTokenSource stop = new();
        bool ready = false;

        int code = await GatewayRunner.RunAsync(
            new CliConsole(TextWriter.Null, error, isTerminal: false),
            HostFixture.Options with { ConfigPaths = [_folder.Path] },
            new LogLevels(LogLevel.Error),
            jsonLogs: false,
            async (host, _) =>
            {
                ready = host.IsReady;
                await stop.CancelAsync();
            },
            stop.Token).WaitAsync(Eventually.Deadline);

        Assert.True(ready);
        Assert.Equal(0, code);
        Assert.Empty(error.ToString());
    }
}
