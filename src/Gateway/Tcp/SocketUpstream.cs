using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Tcp;

/// <summary>An upstream on one of .NET's sockets.</summary>
internal sealed class SocketUpstream(Socket socket) : TcpUpstream
{
    private List<ArraySegment<byte>>? _segments;

    public override EndPoint? LocalEndPoint => socket.LocalEndPoint;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(PipeWriter target)
    {
        if (socket.Available == 0)
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
        int received = await socket.ReceiveAsync(target.GetMemory(), SocketFlags.None);
        target.Advance(received);
        return received;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlySequence<byte> data)
    {
        if (data.IsSingleSegment)
        {
            await SendAllAsync(data.First);
            return;
        }
        if (Segments(data) is { } segments)
        {
            long sent = await socket.SendAsync(segments, SocketFlags.None);
            data = data.Slice(sent);
        }
        foreach (ReadOnlyMemory<byte> segment in data)
            await SendAllAsync(segment);
    }

    public override ValueTask EndAsync()
    {
        socket.Shutdown(SocketShutdown.Send);
        return default;
    }

    public override void Close(bool reset)
    {
        if (reset)
            socket.Close(0);
        else
            socket.Dispose();
    }

    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await socket.SendAsync(data, SocketFlags.None)..];
    }

    private List<ArraySegment<byte>>? Segments(in ReadOnlySequence<byte> data)
    {
        _segments ??= [];
        _segments.Clear();
        foreach (ReadOnlyMemory<byte> segment in data)
        {
            if (!MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array))
                return null;
            _segments.Add(array);
        }
        return _segments;
    }
}
