using System.Net;
using System.Net.Sockets;
using Gateway.Clusters;

namespace Gateway.Tests.Clusters;

/// <summary>Requests that begin while their endpoint leaves the cluster.</summary>
public sealed class EndpointRetirementTests : IDisposable
{
    private const int Rounds = 300;
    private const int Connections = 32;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public EndpointRetirementTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void A_connection_is_not_closed_under_a_request_that_has_begun()
    {
        int found = 0, lost = 0;
        using var together = new Barrier(2);
        var endpoint = new UpstreamEndpoint(_listener.LocalEndPoint!, "127.0.0.1:1");
        var retiring = new Thread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                together.SignalAndWait();
                endpoint.Retire();
                together.SignalAndWait();
            }
        })
        { IsBackground = true };
        retiring.Start();
        for (int i = 0; i < Rounds; i++)
        {
            endpoint = new UpstreamEndpoint(_listener.LocalEndPoint!, "127.0.0.1:1");
            CountedSocketStream[] connections = [.. Enumerable.Range(0, Connections).Select(_ => Connect(endpoint))];

            together.SignalAndWait();
            Thread.SpinWait(i * 100);
            endpoint.Begin();
            CountedSocketStream? taken = connections.FirstOrDefault(connection => connection.CanWrite);
            if (taken is not null)
            {
                found++;
                Thread.SpinWait(2_000);
                if (!taken.CanWrite)
                    lost++;
            }
            endpoint.End();
            together.SignalAndWait();

            Assert.All(connections, connection => Assert.False(connection.CanWrite, "what a retired endpoint had is closed when nobody uses it"));
            Assert.Equal(0, endpoint.ActiveRequests);
        }
        retiring.Join();

        Assert.NotEqual(0, found);
        Assert.NotEqual(Rounds, found);
        Assert.Equal(0, lost);
    }

    private CountedSocketStream Connect(UpstreamEndpoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(_listener.LocalEndPoint!);
        _listener.Accept().Dispose();
        var connection = new CountedSocketStream(socket, new ConnectionQuota(limit: 0), endpoint, endpoint.HandlerConnections, maxRequests: 0);
        connection.MarkReady();
        return connection;
    }
}
