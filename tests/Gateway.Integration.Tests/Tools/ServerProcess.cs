using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;

namespace Gateway.Integration.Tests.Tools;

/// <summary>A server program that runs for a test, on a port of loopback and with a folder of its own.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = [];
    private readonly Process _process;

    private ServerProcess(string program, string folder, int port, string[] arguments)
    {
        Folder = folder;
        Port = port;
        _process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its files; gone with it.</summary>
    public string Folder { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>Starts the program and waits until its port takes TCP connections.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="arguments">Makes the arguments, given its folder and the port it shall listen on.</param>
    /// <param name="port">The port of one that ran before; 0 = any.</param>
    public static async Task<ServerProcess> StartAsync(string program, Func<string, int, string[]> arguments, int port = 0)
    {
        string folder = Directory.CreateTempSubdirectory($"gateway-{program}").FullName;
        if (port == 0)
            port = FreePort();
        var server = new ServerProcess(program, folder, port, arguments(folder, port));
        try
        {
            await Eventually.HoldsAsync(() => server.AnswersAsync(), $"{program} listens");
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"{e.Message}\n{string.Join('\n', server._log)}", e);
        }
        return server;
    }

    /// <summary>Sends a signal.</summary>
    public async Task SignalAsync(string name)
    {
        (int exit, string output) = await CommandLineTool.RunAsync("kill", $"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture));
        Assert.True(exit == 0, output);
    }

    public async ValueTask DisposeAsync()
    {
        // Not killed at once: nginx would leave its worker behind.
        if (!_process.HasExited)
            await SignalAsync("TERM");
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
            throw new InvalidOperationException($"It ended with {_process.ExitCode}.");
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // Such programs cannot be asked which port they were given, so they are told one that was free a moment ago.
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
