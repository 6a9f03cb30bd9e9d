using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Gateway.Testing;

namespace Gateway.Integration.Tests.RateLimits;

/// <summary>A real <c>redis-server</c> on loopback that keeps nothing on disk.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private readonly Process _process;

    private RedisProcess(int port, string? password)
    {
        Port = port;
        string[] login = password is null ? [] : ["--requirepass", password];
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                "redis-server",
                ["--port", Text(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(), .. login])
            {
                RedirectStandardOutput = true,
            },
        };
        _process.OutputDataReceived += static (_, _) => { };
    }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Its address.</summary>
    public string Address => $"127.0.0.1:{Text(Port)}";

    /// <summary>Starts one and waits until it accepts connections.</summary>
    public static async Task<RedisProcess> StartAsync(int port = 0, string? password = null)
    {
        var redis = new RedisProcess(port == 0 ? FreePort() : port, password);
        redis._process.Start();
        redis._process.BeginOutputReadLine();
        await Eventually.HoldsAsync(redis.AcceptsAsync, "redis-server accepts connections");
        return redis;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<bool> AcceptsAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>It cannot be asked which port it chose, so it is given one that was free a moment ago.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
