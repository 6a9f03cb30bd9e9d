using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Testing;
using Gateway.Transport;

namespace Gateway.Tests.Transport;

/// <summary>Tests that change the process's descriptor limit or use most of it: alone, after all others.</summary>
[CollectionDefinition(nameof(DescriptorLimitTests), DisableParallelization = true)]
public sealed class DescriptorLimitCollection;

[Collection(nameof(DescriptorLimitTests))]
public sealed class DescriptorLimitTests
{
    private const int NoFile = 7;

    [LinuxFact]
    public async Task Ten_thousand_connections_are_served()
    {
        SetLimit(22_000);
        int count = (int)Math.Min(10_000, (Limit().Soft - 1000) / 2);
        await using var server = new LoopServer(LoopServer.EchoAsync);
        var clients = new List<Socket>(count);
        try
        {
            for (int i = 0; i < count; i++)
                clients.Add(server.Connect());

            for (int round = 0; round < 2; round++)
            {
                foreach (Socket client in clients)
                    client.Send(BitConverter.GetBytes(client.Handle));
                foreach (Socket client in clients)
                    Assert.Equal(client.Handle, (nint)BitConverter.ToInt64(await EventLoopConnectionTests.ReceiveAsync(client, 8)));
            }

            Assert.Equal(count, server.Open);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await Eventually.HoldsAsync(() => server.Open == 0, "all end");
        Assert.Empty(server.Errors);
    }

    [LinuxFact]
    public async Task Without_descriptors_accepting_rests_and_what_is_open_goes_on()
    {
        await using var server = new LoopServer(LoopServer.EchoAsync);
        using Socket open = server.Connect();
        await open.SendAsync(new byte[] { 1 });
        Assert.Equal(new byte[] { 1 }, await EventLoopConnectionTests.ReceiveAsync(open, 1));
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        (ulong soft, ulong hard) = Limit();
        byte[] answer = new byte[1];

        // Synchronous from here on: the runtime would end the process if it got no descriptors for a new thread.
        SetSoftLimit(0, hard);
        try
        {
            late.Connect(server.Listener.EndPoint);
            Assert.True(SpinWait.SpinUntil(() => server.Listener.Pauses > 0, Eventually.Deadline));
            open.Send([2]);
            open.Receive(answer);
        }
        finally
        {
            SetSoftLimit(soft, hard);
        }

        Assert.Equal(2, answer[0]);
        await late.SendAsync(new byte[] { 3 });
        Assert.Equal(new byte[] { 3 }, await EventLoopConnectionTests.ReceiveAsync(late, 1));
        Assert.Empty(server.Errors);
    }

    [Theory]
    [InlineData(20, 5)]
    [InlineData(400, 32)]
    [InlineData(1024, 64)]
    [InlineData(20_000, 256)]
    public void Of_the_descriptors_some_are_kept(int limit, int kept) => Assert.Equal(kept, Descriptors.Kept(limit));

    private static (ulong Soft, ulong Hard) Limit()
    {
        Assert.Equal(0, GetLimit(NoFile, out Limits limits));
        return (limits.Soft, limits.Hard);
    }

    // Raising the hard limit takes a privilege; without it the test makes do with what there is.
    private static void SetLimit(ulong wanted)
    {
        (ulong soft, ulong hard) = Limit();
        if (soft >= wanted)
            return;

        var limits = new Limits { Soft = wanted, Hard = Math.Max(hard, wanted) };
        if (SetLimit(NoFile, in limits) != 0)
            SetSoftLimit(hard, hard);
    }

    private static void SetSoftLimit(ulong soft, ulong hard)
    {
        var limits = new Limits { Soft = soft, Hard = hard };
        Assert.Equal(0, SetLimit(NoFile, in limits));
    }

#pragma warning disable SYSLIB1054 // Source-generated interop would need unsafe code in the whole test project.
    [DllImport("libc", EntryPoint = "getrlimit")]
    private static extern int GetLimit(int resource, out Limits limits);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, in Limits limits);
#pragma warning restore SYSLIB1054

    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public ulong Soft;
        public ulong Hard;
    }
}
