using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Program;

/// <summary><c>gateway run</c> as users and Kubernetes run it: a process, a folder, signals.</summary>
[Trait("Drives", "Program")]
public sealed class RunTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gateway").FullName;
    private EchoUpstream _a = null!;
    private EchoUpstream _b = null!;

    public async Task InitializeAsync()
    {
        _a = await EchoUpstream.StartAsync("a");
        _b = await EchoUpstream.StartAsync("b");
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_edited_weight_changes_the_share_and_fails_no_request()
    {
        await WriteAsync(_folder, "a", 100, 0);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder);
        await using var load = new SteadyLoad(await gateway.PortAsync(80), "a.test");
        await load.UntilAsync(answers => answers.GetValueOrDefault("a") > 50);
        Assert.Equal(0, load.Answers.GetValueOrDefault("b"));

        await WriteAsync(_folder, "a", 0, 100);
        await load.UntilAsync(answers => answers.GetValueOrDefault("b") > 50);
        await load.StopAsync();

        Assert.Equal([], load.Failures);
    }

    [Fact]
    public async Task A_mounted_ConfigMap_is_swapped_under_load()
    {
        string old = Directory.CreateDirectory(Path.Combine(_folder, "..2026_1")).FullName;
        await WriteAsync(old, "a", 100, 0);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data"), "..2026_1");
        foreach (string file in Directory.EnumerateFiles(old))
            File.CreateSymbolicLink(Path.Combine(_folder, Path.GetFileName(file)), Path.Combine("..data", Path.GetFileName(file)));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder);
        await using var load = new SteadyLoad(await gateway.PortAsync(80), "a.test");
        await load.UntilAsync(answers => answers.GetValueOrDefault("a") > 50);

        await WriteAsync(Directory.CreateDirectory(Path.Combine(_folder, "..2026_2")).FullName, "a", 0, 100);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "..data_tmp"), "..2026_2");
        // rename(2) replaces the link at once, as the kubelet does it; File.Move takes no links to folders.
        await CommandLineTool.RunAsync("mv", "-T", Path.Combine(_folder, "..data_tmp"), Path.Combine(_folder, "..data"));
        Directory.Delete(old, recursive: true);
        await load.UntilAsync(answers => answers.GetValueOrDefault("b") > 50);
        await load.StopAsync();

        Assert.Equal([], load.Failures);
    }

    [Fact]
    public async Task SIGTERM_lets_a_request_under_way_end_and_the_process_ends_with_0()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoUpstream slow = await EchoUpstream.StartAsync(new EchoOptions
        {
            Handler = async _ =>
            {
                await go.Task;
                return false;
            },
        });
        await File.WriteAllTextAsync(Path.Combine(_folder, "all.yaml"), string.Join("\n---\n", TestConfig.HttpGateway(), TestConfig.Backend("a-up.test", slow), TestConfig.Route("a.test", "a-up.test")));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync("run", "--config", _folder, "--drain-time", "0s", "--shutdown-timeout", "30s");
        int port = await gateway.PortAsync(80);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port);
        await connection.SendAsync("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        await Eventually.HoldsAsync(() => slow.Requests.Count == 1, "the upstream has the request");

        gateway.SendTerminate();
        await Eventually.HoldsAsync(async () => !await TakesConnectionsAsync(port), "the port is closed");
        go.SetResult();
        RawHttpResponse? answer = await connection.ReadResponseAsync();

        Assert.Equal(200, answer?.Status);
        Assert.Equal(0, await gateway.TerminateAsync());
    }

    private static async Task<bool> TakesConnectionsAsync(int port)
    {
        try
        {
            await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private async Task WriteAsync(string folder, string name, int weightOfA, int weightOfB)
    {
        await File.WriteAllTextAsync(Path.Combine(folder, "gateway.yaml"), TestConfig.HttpGateway());
        await File.WriteAllTextAsync(Path.Combine(folder, "backends.yaml"), TestConfig.Backend("a-up.test", _a) + "\n---\n" + TestConfig.Backend("b-up.test", _b));
        await File.WriteAllTextAsync(Path.Combine(folder, "route.yaml"), TestConfig.Route($"{name}.test", ("a-up.test", weightOfA), ("b-up.test", weightOfB)));
    }
}
