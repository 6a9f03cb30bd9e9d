using System.Globalization;
using Gateway.Integration.Tests.Tools;

namespace Gateway.Integration.Tests.RateLimits;

/// <summary>A real <c>redis-server</c> on loopback that keeps nothing on disk.</summary>
internal static class Redis
{
    /// <summary>Starts one and waits until it accepts connections.</summary>
    /// <param name="port">The port of one that ran before; 0 = any.</param>
    /// <param name="password">What it asks for; null = nothing.</param>
    public static Task<ServerProcess> StartAsync(int port = 0, string? password = null)
    {
        string[] login = password is null ? [] : ["--requirepass", password];
        return ServerProcess.StartAsync(
            "redis-server",
            (folder, port) => ["--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder, .. login],
            port);
    }
}
