using System.IO.Pipelines;
using System.Net.Sockets;
using Gateway.Testing;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Tests.Transport;

/// <summary>The writing side of a connection of a loop, as the contract of pipes has it.</summary>
public sealed class OutputBufferTests
{
    [LinuxFact]
    public async Task Writers_on_other_threads_are_sent_in_order_whatever_they_ask_room_for()
    {
        const int Bytes = 8_000_000;
        await using var server = new LoopServer(connection => Task.Run(() => WriteAsync(connection, Bytes)));
        using Socket client = server.Connect();

        byte[] received = await ReceiveAllAsync(client);

        Assert.Equal(Bytes, received.Length);
        for (int i = 0; i < received.Length; i++)
        {
            if (received[i] != (byte)(i * 31))
                Assert.Fail($"Byte {i} is wrong.");
        }
        Assert.Empty(server.Errors);
    }

    [LinuxTheory]
    [InlineData("cancel")]
    [InlineData("token")]
    [InlineData("cancel before")]
    public async Task A_wait_for_room_is_cancelled_and_the_bytes_still_go_out(string how)
    {
        var outcome = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        int written = 0;
        await using var server = new LoopServer(async connection =>
        {
            PipeWriter output = connection.Transport.Output;
            if (how == "cancel before")
            {
                output.CancelPendingFlush();
                outcome.SetResult((await output.WriteAsync(new byte[written = 1000])).IsCanceled ? "cancelled" : "went on");
                return;
            }
            // The kernel may take more just then: it is tried again until the wait is cancelled.
            for (string? ended = null; ended is null;)
            {
                using var token = new CancellationTokenSource();
                written += 16_000;
                ValueTask<FlushResult> flush = output.WriteAsync(new byte[16_000], token.Token);
                if (!flush.IsCompleted)
                    _ = Task.Run(how == "token" ? token.Cancel : output.CancelPendingFlush);
                try
                {
                    ended = (await flush).IsCanceled ? "cancelled" : null;
                }
                catch (OperationCanceledException)
                {
                    ended = "token";
                }
                if (ended is not null)
                    outcome.SetResult(ended);
            }
        });
        using Socket client = server.Connect();

        Assert.Equal(how == "token" ? "token" : "cancelled", await outcome.Task.WaitAsync(Eventually.Deadline));
        Assert.Equal(written, (await ReceiveAllAsync(client)).Length);
        Assert.Empty(server.Errors);
    }

    [LinuxFact]
    public async Task After_the_end_nothing_can_be_written_and_what_was_written_is_counted_until_it_is_flushed()
    {
        var seen = new TaskCompletionSource<(long, long, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new LoopServer(async connection =>
        {
            PipeWriter output = connection.Transport.Output;
            output.GetSpan(100).Clear();
            output.Advance(100);
            long before = output.UnflushedBytes;
            await output.FlushAsync();
            long after = output.UnflushedBytes;
            await output.CompleteAsync();
            bool refused = false;
            try
            {
                output.GetMemory();
            }
            catch (InvalidOperationException)
            {
                refused = true;
            }
            seen.SetResult((before, after, refused));
        });
        using Socket client = server.Connect();

        Assert.Equal((100, 0, true), await seen.Task.WaitAsync(Eventually.Deadline));
        Assert.Equal(100, (await ReceiveAllAsync(client)).Length);
    }

    private static async Task WriteAsync(ConnectionContext connection, int bytes)
    {
        PipeWriter output = connection.Transport.Output;
        var random = new Random(5);
        int written = 0;
        while (written < bytes)
        {
            int hint = random.Next(4) == 0 ? random.Next(40_000) : random.Next(300);
            Memory<byte> room = output.GetMemory(hint);
            Assert.InRange(room.Length, Math.Max(1, hint), int.MaxValue);
            int count = Math.Min(random.Next(hint + 1), bytes - written);
            for (int i = 0; i < count; i++)
                room.Span[i] = (byte)((written + i) * 31);
            output.Advance(count);
            written += count;
            if (random.Next(3) == 0)
                Assert.False((await output.FlushAsync()).IsCompleted);
            if (random.Next(20) == 0)
                await Task.Yield();
        }
        await output.FlushAsync();
    }

    private static async Task<byte[]> ReceiveAllAsync(Socket client)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[100_000];
        for (int count; (count = await client.ReceiveAsync(buffer).WaitAsync(Eventually.Deadline)) > 0;)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }
}
