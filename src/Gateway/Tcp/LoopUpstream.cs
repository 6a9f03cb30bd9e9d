using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using Gateway.Transport;
using Gateway.Transport.Native;

namespace Gateway.Tcp;

/// <summary>An upstream on the event loop that holds the client: nothing leaves the loop, and bytes go from socket to socket through one buffer.</summary>
internal sealed class LoopUpstream(LoopChannel socket) : TcpUpstream
{
    // A sender faster than its consumer would otherwise keep the loop for as long as it sends.
    private const int MaxReceivesPerTurn = 16;

    private int _receives;

    public override EndPoint? LocalEndPoint => socket.IsClosed ? null : socket.LocalEndPoint();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(PipeWriter target)
    {
        await socket.Loop.SwitchAsync();
        while (true)
        {
            if (!socket.IsReadable)
            {
                await socket.WaitReadableAsync();
                _receives = 0;
            }
            else if (++_receives > MaxReceivesPerTurn)
            {
                await socket.Loop.YieldAsync();
                _receives = 0;
            }
            int received = socket.TryReceive(target.GetMemory().Span);
            if (received >= 0)
            {
                target.Advance(received);
                return received;
            }
            if (received == LoopChannel.Failed)
                throw Errno.ToException(socket.Error);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> data)
    {
        await socket.Loop.SwitchAsync();
        while (true)
        {
            long sent = socket.TrySend(data);
            if (sent == LoopChannel.Failed)
                throw Errno.ToException(socket.Error);
            if (sent == data.Length)
                return;
            if (sent > 0)
                data = data.Slice(sent);
            if (!socket.IsWritable)
                await socket.WaitWritableAsync();
        }
    }

    public override async ValueTask EndAsync()
    {
        await socket.Loop.SwitchAsync();
        if (!socket.IsWritable)
            await socket.WaitWritableAsync();
        socket.ShutdownWrite();
    }

    public override void Close(bool reset) => socket.Loop.Scheduler.Schedule(
        reset ? static state => ((LoopChannel)state!).Close(reset: true) : static state => ((LoopChannel)state!).Close(reset: false), socket);
}
