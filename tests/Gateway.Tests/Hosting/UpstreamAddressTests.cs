using System.Net;
using System.Net.Sockets;
using Gateway.Clusters;
using Gateway.Clusters.Discovery;
using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Tests.Hosting;

public sealed class UpstreamAddressTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_name_is_resolved_and_the_clients_host_stays(bool logical)
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using FakeDns dns = new();
        dns.Set("backend.test", TimeSpan.FromSeconds(30), IPAddress.Loopback);
        ClusterAssignment cluster = Named("backend.test", echo.Port, logical ? DiscoveryType.LogicalDns : DiscoveryType.StrictDns);
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(
            DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], cluster),
            new DataPlaneOptions { Resolver = new ResolverConfig { Servers = [dns.EndPoint] } });

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal(200, response!.Status);
        Assert.Equal("shop.test", Assert.Single(echo.Requests).Authority);
    }

    [Fact]
    public async Task A_name_nobody_knows_is_503_UH_and_serves_once_it_appears()
    {
        await using EchoUpstream echo = await EchoUpstream.StartAsync();
        await using FakeDns dns = new();
        ClusterAssignment cluster = Named("late.test", echo.Port, DiscoveryType.StrictDns);
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(
            DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], cluster),
            new DataPlaneOptions { Resolver = new ResolverConfig { Servers = [dns.EndPoint] } });

        Assert.Equal("no healthy upstream", (await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get))!.Text);
        dns.Set("late.test", TimeSpan.FromSeconds(30), IPAddress.Loopback);

        await Eventually.HoldsAsync(async () => (await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get))!.Status == 200, "the name is found");
    }

    [Fact]
    public async Task A_unix_socket_is_an_upstream_too()
    {
        string path = Path.Combine(Path.GetTempPath(), $"gw-{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task serving = ServeOneAsync(listener);
        ClusterAssignment cluster = DataPlaneBed.Cluster("a", UpstreamProtocol.Http1) with { Endpoints = [new EndpointConfig { Address = $"unix://{path}", Port = 0 }] };
        await using DataPlaneBed bed = await DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Forward("/", 0))], cluster));

        RawHttpResponse? response = await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get);

        Assert.Equal((200, "unix"), (response!.Status, response.Text));
        await serving;
        File.Delete(path);
        Assert.Equal(path, bed.Requests.Single().UpstreamHost);
    }

    private static ClusterAssignment Named(string name, int port, DiscoveryType type)
    {
        ClusterAssignment cluster = DataPlaneBed.Cluster("a", UpstreamProtocol.Http1);
        return new ClusterAssignment(cluster.Config with { Discovery = type }, [new EndpointConfig { Address = name, Port = port }]);
    }

    private static async Task ServeOneAsync(Socket listener)
    {
        using Socket connection = await listener.AcceptAsync();
        Assert.True(await connection.ReceiveAsync(new byte[4096]) > 0);
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nunix"u8.ToArray());
    }
}
