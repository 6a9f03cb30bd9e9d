using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Gateway.Clusters.Http1;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Forwarding.Http1;

/// <summary>How far a request body came.</summary>
internal enum BodyState
{
    /// <summary>It is under way, or was not begun.</summary>
    Open,

    /// <summary>All of it was sent.</summary>
    Sent,

    /// <summary>The client broke it off or broke the protocol.</summary>
    ClientFailed,

    /// <summary>The backend takes no more; it may have answered nevertheless.</summary>
    BackendFailed,

    /// <summary>It was stopped because the answer is complete.</summary>
    Stopped,
}

/// <summary>Sends a client's body to a backend, with back pressure both ways. Belongs to one <see cref="Http1Exchange"/>; on the loop.</summary>
internal sealed class RequestBodyPump(RequestContext request)
{
    private const int ChunkOverhead = 12;

    private bool _stopped;

    /// <summary>How far it came.</summary>
    public BodyState State { get; private set; }

    /// <summary>The client's fault, when <see cref="State"/> says there is one.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Begins anew.</summary>
    public void Reset()
    {
        State = BodyState.Open;
        Fault = null;
        _stopped = false;
    }

    /// <summary>The whole body went out with the head.</summary>
    public void MarkSent() => State = BodyState.Sent;

    /// <summary>Takes what there is of a body of known length, if it is all and fits beside the head.</summary>
    public bool TryTakeWhole(int limit, RequestHeadWriter head)
    {
        if (request.Http.Request.ContentLength is not { } length || length > limit || !request.BodyReader!.TryRead(out ReadResult read))
            return false;

        ReadOnlySequence<byte> data = read.Buffer;
        bool whole = data.Length == length;
        if (whole)
        {
            head.Append(data);
            request.NoteReceived(length, ended: true);
            State = BodyState.Sent;
        }

        request.BodyReader.AdvanceTo(whole ? data.End : data.Start);
        return whole;
    }

    /// <summary>Sends the body to its end. Never throws.</summary>
    public async Task RunAsync(Http1Connection connection, bool chunked)
    {
        PipeReader body = request.BodyReader!;
        IMemoryOwner<byte>? block = chunked ? connection.Socket.Loop.Pool.Rent() : null;
        try
        {
            while (State == BodyState.Open)
            {
                ReadResult read = await body.ReadAsync();
                // The server may have completed the read on another thread.
                await connection.Socket.Loop.SwitchAsync();
                if (_stopped)
                {
                    body.AdvanceTo(read.Buffer.Start);
                    State = BodyState.Stopped;
                    return;
                }

                SequencePosition consumed = chunked
                    ? await SendChunksAsync(connection, read, block!.Memory)
                    : await SendAsync(connection, read.Buffer);
                request.NoteReceived(read.Buffer.Slice(0, consumed).Length, read.IsCompleted);
                body.AdvanceTo(consumed);
                if (read.IsCompleted && State == BodyState.Open)
                    State = BodyState.Sent;
            }
        }
        catch (Exception e)
        {
            await connection.Socket.Loop.SwitchAsync();
            Fault = e;
            State = BodyState.ClientFailed;
            connection.Socket.Close(reset: true);
        }
        finally
        {
            block?.Dispose();
        }
    }

    /// <summary>Ends it at the next occasion; what it waits for is told.</summary>
    public void Stop(Http1Connection connection)
    {
        _stopped = true;
        connection.Socket.WakeWriter();
        try
        {
            request.BodyReader!.CancelPendingRead();
        }
        catch (ConnectionAbortedException)
        {
            // The client's connection was aborted: the read fails by itself.
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SequencePosition> SendAsync(Http1Connection connection, ReadOnlySequence<byte> data)
    {
        LoopChannel socket = connection.Socket;
        while (!data.IsEmpty && !_stopped)
        {
            long sent = socket.TrySend(data);
            if (sent == LoopChannel.Failed)
            {
                State = BodyState.BackendFailed;
                break;
            }

            data = data.Slice(Math.Max(0, sent));
            if (!data.IsEmpty && !socket.IsWritable)
                await socket.WaitWritableAsync();
        }

        return data.Start;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SequencePosition> SendChunksAsync(Http1Connection connection, ReadResult read, Memory<byte> block)
    {
        ReadOnlySequence<byte> data = read.Buffer;
        while (!data.IsEmpty && State == BodyState.Open && !_stopped)
        {
            int count = (int)Math.Min(data.Length, block.Length - ChunkOverhead);
            int length = Frame(data.Slice(0, count), block.Span);
            await SendAsync(connection, new ReadOnlySequence<byte>(block[..length]));
            data = data.Slice(count);
        }

        if (read.IsCompleted && data.IsEmpty && State == BodyState.Open && !_stopped)
        {
            "0\r\n\r\n"u8.CopyTo(block.Span);
            await SendAsync(connection, new ReadOnlySequence<byte>(block[..5]));
        }

        return data.Start;
    }

    private static int Frame(in ReadOnlySequence<byte> data, Span<byte> target)
    {
        int count = (int)data.Length;
        count.TryFormat(target, out int digits, "x", System.Globalization.CultureInfo.InvariantCulture);
        "\r\n"u8.CopyTo(target[digits..]);
        data.CopyTo(target[(digits + 2)..]);
        "\r\n"u8.CopyTo(target[(digits + 2 + count)..]);
        return digits + count + 4;
    }
}
