using System.Collections.Concurrent;
using Gateway.Testing.Echo;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Echo ports shared by all cases; a case leases what it needs and tells its destinations by them.</summary>
internal sealed class EchoFleet : IAsyncDisposable
{
    private const int PortCount = 128;
    private readonly EchoUpstream _echo;
    private readonly BlockingCollection<int> _free;

    private readonly ConcurrentDictionary<int, Func<string, EchoTls?>> _tls;

    private EchoFleet(EchoUpstream echo, ConcurrentDictionary<int, Func<string, EchoTls?>> tls)
    {
        _echo = echo;
        _tls = tls;
        _free = new BlockingCollection<int>(new ConcurrentQueue<int>(echo.Ports));
    }

    public static async Task<EchoFleet> StartAsync()
    {
        var tls = new ConcurrentDictionary<int, Func<string, EchoTls?>>();
        var options = new EchoOptions
        {
            Name = "fleet",
            PortCount = PortCount,
            TlsByPort = (port, serverName) => tls.TryGetValue(port, out Func<string, EchoTls?>? choose) ? choose(serverName ?? "") : null,
        };
        return new EchoFleet(await EchoUpstream.StartAsync(options), tls);
    }

    /// <summary>Takes a port for a case.</summary>
    /// <param name="tls">How it ends TLS, by server name; null = not at all.</param>
    public int Lease(Func<string, EchoTls?>? tls = null)
    {
        if (!_free.TryTake(out int port))
            throw new InvalidOperationException($"More than {PortCount} echo ports are in use.");
        if (tls is not null)
            _tls[port] = tls;
        return port;
    }

    /// <summary>Gives a port back.</summary>
    public void Return(int port)
    {
        _tls.TryRemove(port, out _);
        _free.Add(port);
    }

    public ValueTask DisposeAsync()
    {
        _free.Dispose();
        return _echo.DisposeAsync();
    }
}
