using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Gateway.Testing;

namespace Gateway.Integration.Tests;

/// <summary>The program itself as a child process. Its traffic ports are chosen by the system and asked of its admin port.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _output = new();
    private readonly HttpClient _admin;
    private readonly Uri _metrics;
    private readonly Process _process;

    private GatewayProcess(string[] arguments)
    {
        int admin = FreePort();
        int metrics = FreePort();
        _metrics = new Uri($"http://127.0.0.1:{Text(metrics)}/metrics");
        _admin = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Text(admin)}/") };
        string[] own = [.. TestMode.Arguments, "--port-map", "*=0", "--admin-address", $"127.0.0.1:{Text(admin)}", "--health-port", "off", "--metrics-port", $"127.0.0.1:{Text(metrics)}"];
        _process = new Process
        {
            StartInfo = ProgramUnderTest.With([.. arguments, .. own]),
        };
        _process.StartInfo.RedirectStandardOutput = _process.StartInfo.RedirectStandardError = true;
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
    }

    /// <summary>Everything it has written.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts it and waits until its first configuration is served.</summary>
    public static async Task<GatewayProcess> StartAsync(params string[] arguments)
    {
        var gateway = new GatewayProcess(arguments);
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        try
        {
            await Eventually.HoldsAsync(
                async () => gateway._process.HasExited ? throw new InvalidOperationException("It ended.") : (await gateway.ListenersAsync()).Count > 0,
                "the gateway serves");
            return gateway;
        }
        catch (Exception exception)
        {
            string output = gateway.Output;
            await gateway.DisposeAsync();
            throw new InvalidOperationException($"{exception.Message} Output:\n{output}", exception);
        }
    }

    /// <summary>The port bound for a configured one.</summary>
    public async Task<int> PortAsync(int configured) => (await ListenersAsync())[configured];

    /// <summary>An answer of the admin port.</summary>
    public async Task<JsonElement> AdminAsync(string path) => JsonDocument.Parse(await _admin.GetStringAsync(path)).RootElement;

    /// <summary>Its metrics, as Prometheus reads them.</summary>
    public Task<string> MetricsAsync() => _admin.GetStringAsync(_metrics);

    /// <summary>Its resident memory.</summary>
    public long ResidentBytes()
    {
        _process.Refresh();
        return _process.WorkingSet64;
    }

    /// <summary>Sends SIGTERM and waits for the end; gives the exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        SendTerminate();
        await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGKILL and waits for the end.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline);
    }

    /// <summary>Sends SIGTERM.</summary>
    public void SendTerminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Text(_process.Id)]);
        kill.WaitForExit();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _admin.Dispose();
    }

    private async Task<Dictionary<int, int>> ListenersAsync()
    {
        try
        {
            using var listeners = JsonDocument.Parse(await _admin.GetStringAsync("listeners"));
            return listeners.RootElement.EnumerateArray()
                .DistinctBy(listener => listener.GetProperty("port").GetInt32())
                .ToDictionary(
                    listener => listener.GetProperty("port").GetInt32(),
                    listener => IPEndPoint.Parse(listener.GetProperty("address").GetString()!).Port);
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    /// <summary>The admin port cannot be asked which one it got, so it is given one that was free a moment ago.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
