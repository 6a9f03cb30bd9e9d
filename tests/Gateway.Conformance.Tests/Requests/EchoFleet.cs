using System.Collections.Concurrent;
using Gateway.Testing.Echo;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Echo ports shared by all cases; a case leases what it needs and tells its destinations by them.</summary>
internal sealed class EchoFleet : IAsyncDisposable
{
    private const int PortCount = 128;
    private readonly EchoUpstream _echo;
    private readonly BlockingCollection<int> _free;

    private EchoFleet(EchoUpstream echo)
    {
        _echo = echo;
        _free = new BlockingCollection<int>(new ConcurrentQueue<int>(echo.Ports));
    }

    public static async Task<EchoFleet> StartAsync() =>
        new(await EchoUpstream.StartAsync(new EchoOptions { Name = "fleet", PortCount = PortCount }));

    /// <summary>Takes a port for a case.</summary>
    public int Lease() => _free.TryTake(out int port)
        ? port
        : throw new InvalidOperationException($"More than {PortCount} echo ports are in use.");

    /// <summary>Gives a port back.</summary>
    public void Return(int port) => _free.Add(port);

    public ValueTask DisposeAsync()
    {
        _free.Dispose();
        return _echo.DisposeAsync();
    }
}
