using System.Net.Sockets;
using Gateway.Hosting;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Hosting;

namespace Gateway.Tests.Listeners;

public sealed class ActiveListenerTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    [Fact]
    public async Task Connections_past_the_limit_are_closed_and_the_others_go_on()
    {
        await using DataPlaneBed bed = await BedAsync(new DataPlaneOptions { MaxConnections = 1 });
        await using RawHttpConnection first = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
        await first.SendAsync(Get);
        Assert.Equal(200, (await first.ReadResponseAsync())!.Status);

        try
        {
            await using RawHttpConnection second = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
            await second.WaitForCloseAsync();
        }
        catch (SocketException e)
        {
            // The reset may come before connect has returned.
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }

        await first.SendAsync(Get);
        Assert.Equal(200, (await first.ReadResponseAsync())!.Status);
    }

    [Fact]
    public async Task Random_bytes_harm_nobody()
    {
        await using DataPlaneBed bed = await BedAsync(new DataPlaneOptions());
        var random = new Random(20261122);
        for (int i = 0; i < 200; i++)
        {
            byte[] noise = new byte[random.Next(1, 2000)];
            random.NextBytes(noise);
            await using RawHttpConnection noisy = await RawHttpConnection.ConnectAsync(bed.PortOf(80));
            await noisy.SendAsync(noise);
        }

        await Eventually.HoldsAsync(() => bed.Plane.Listeners.OpenConnectionCount == 0, "the connections are gone");
        Assert.Equal("ok", (await RawHttpConnection.ExchangeAsync(bed.PortOf(80), Get))!.Text);
    }

    private static Task<DataPlaneBed> BedAsync(DataPlaneOptions options) =>
        DataPlaneBed.StartAsync(DataPlaneBed.Snapshot([DataPlaneBed.Http(80, DataPlaneBed.Direct("/", 200, "ok"))]), options);
}
