using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Testing;

namespace Gateway.Integration.Tests;

/// <summary>The program itself as a child process. All its ports are chosen by the system: its own are read in its log, those of traffic are asked of its admin port.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    /// <summary>A runtime that starts beside others that start takes its time.</summary>
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;
    private HttpClient? _admin;
    private Uri? _metrics;

    private GatewayProcess(int? descriptors, string[] arguments)
    {
        // Who names what ends TLS wants the event loops that go with it.
        string[] mode = arguments.Contains("--tls") ? [] : TestMode.Arguments;
        string[] own = [.. mode, "--port-map", "*=0", "--admin-address", "127.0.0.1:0", "--health-port", "off", "--metrics-port", "127.0.0.1:0"];
        _process = new Process
        {
            StartInfo = Limited(ProgramUnderTest.With([.. arguments, .. own]), descriptors),
        };
        _process.StartInfo.RedirectStandardOutput = _process.StartInfo.RedirectStandardError = true;
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
    }

    /// <summary>Everything it has written.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts it and waits until its first configuration is served.</summary>
    public static Task<GatewayProcess> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <summary>Starts it and waits until its first configuration is served.</summary>
    /// <param name="descriptors">How many file descriptors it may have; null = as many as the tests.</param>
    /// <param name="arguments">Its command line.</param>
    public static async Task<GatewayProcess> StartAsync(int? descriptors, params string[] arguments)
    {
        var gateway = new GatewayProcess(descriptors, arguments);
        gateway._process.Start();
        gateway._process.BeginOutputReadLine();
        gateway._process.BeginErrorReadLine();
        try
        {
            await Eventually.HoldsAsync(
                async () => gateway._process.HasExited ? throw new InvalidOperationException("It ended.") : gateway.FindOwnPorts() && (await gateway.ListenersAsync()).Count > 0,
                "the gateway serves",
                StartDeadline);
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
    public async Task<int> PortAsync(int configured)
    {
        int port = 0;
        await Eventually.HoldsAsync(async () => (await ListenersAsync()).TryGetValue(configured, out port), $"port {Text(configured)} is bound");
        return port;
    }

    /// <summary>An answer of the admin port.</summary>
    public async Task<JsonElement> AdminAsync(string path) => JsonDocument.Parse(await _admin!.GetStringAsync(path)).RootElement;

    /// <summary>Its metrics, as Prometheus reads them.</summary>
    public Task<string> MetricsAsync() => _admin!.GetStringAsync(_metrics);

    /// <summary>Processor time it has used so far.</summary>
    public TimeSpan ProcessorTime()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>Descriptors it has open.</summary>
    public int Descriptors() => Directory.GetFileSystemEntries($"/proc/{Text(_process.Id)}/fd").Length;

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
        _admin?.Dispose();
    }

    private async Task<Dictionary<int, int>> ListenersAsync()
    {
        try
        {
            using var listeners = JsonDocument.Parse(await _admin!.GetStringAsync("listeners"));
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

    private static ProcessStartInfo Limited(ProcessStartInfo start, int? descriptors) =>
        descriptors is { } limit ? new ProcessStartInfo("prlimit", [$"--nofile={Text(limit)}:{Text(limit)}", start.FileName, .. start.ArgumentList]) : start;

    /// <summary>Reads in its log where its own ports are.</summary>
    private bool FindOwnPorts()
    {
        if (_admin is not null)
            return true;
        if (OwnPorts().Match(Output) is not { Success: true } found)
            return false;
        _metrics = new Uri($"http://{found.Groups["metrics"].Value}/metrics");
        _admin = new HttpClient { BaseAddress = new Uri($"http://{found.Groups["admin"].Value}/") };
        return true;
    }

    [GeneratedRegex(@"own ports: admin at (?<admin>\S+:\d+), metrics at (?<metrics>\S+:\d+)\.")]
    private static partial Regex OwnPorts();

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
