using System.Net.Sockets;
using System.Runtime.InteropServices;
using Gateway.Testing;

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
        int count = (int)Math.Min(10_000, (Limit().Soft - 500) / 2);
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
