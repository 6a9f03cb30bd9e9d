using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Gateway.Clusters.Http1;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Http1;

/// <summary>Brings a response from a backend's connection to the client, without a copy in between where the framing allows. On the loop.</summary>
internal static class ResponseRelay
{
    // Often enough for a client that waits, seldom enough for few system calls.
    private const int FlushBytes = 64 * 1024;

    private const int MinReceiveBytes = 4096;

    private const int ChunkBufferBytes = LoopMemoryPool.BlockBytes;

    /// <summary>Puts status and headers on the client's response.</summary>
    public static void CopyHead(RequestContext request, ResponseHead head)
    {
        if (head.Reason is { } reason && request.IsHttp1)
            request.Http.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason;
        ResponseLines.Copy(request.Http.Response, head.Status, head.Lines, head.ContentLength);
    }

    /// <summary>Takes a body of known length that has come with its head; it is left unflushed, so that the server sends both at once.</summary>
    /// <returns>False = it has not come completely.</returns>
    public static bool TryCopyWhole(RequestContext request, Http1Connection connection, ResponseHead head)
    {
        if (head.Framing != BodyFraming.Length || connection.Buffered.Length < head.ContentLength)
            return false;
        int length = (int)head.ContentLength;
        Write(request, request.Http.Response.BodyWriter, connection.Buffered[..length]);
        connection.Consume(length);
        return true;
    }

    /// <summary>Brings the body. A short one is left unflushed: the server sends it with the head.</summary>
    /// <returns>Whether it came completely and the client still takes it.</returns>
    public static ValueTask<UpstreamOutcome> CopyBodyAsync(RequestContext request, Http1Connection connection, ResponseHead head) => head.Framing switch
    {
        BodyFraming.None => default,
        BodyFraming.Chunked => CopyChunkedAsync(request, connection),
        _ => CopyPlainAsync(request, connection, head.Framing == BodyFraming.Length ? head.ContentLength : long.MaxValue / 2),
    };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<UpstreamOutcome> CopyPlainAsync(RequestContext request, Http1Connection connection, long left)
    {
        PipeWriter writer = request.Http.Response.BodyWriter;
        LoopChannel socket = connection.Socket;
        int buffered = (int)Math.Min(left, connection.Buffered.Length);
        Write(request, writer, connection.Buffered[..buffered]);
        connection.Consume(buffered);
        left -= buffered;
        // With nothing left to wait for, the buffer serves the next connection while this one waits.
        if (connection.Buffered.IsEmpty)
            connection.ReleaseBuffer();
        int unflushed = buffered;
        bool flushed = false;
        bool byClose = left > long.MaxValue / 4;
        while (left > 0)
        {
            // What has come, the head at least, is not kept from the client while there is nothing to receive.
            if (unflushed >= FlushBytes || ((unflushed > 0 || !flushed) && !socket.IsReadable))
            {
                if (await FlushAsync(writer, socket.Loop))
                    return ClientGone;
                unflushed = 0;
                flushed = true;
            }

            if (!socket.IsReadable)
                await socket.WaitReadableAsync();
            // One byte more than is expected: a short read tells that nothing is left without another call.
            Memory<byte> memory = writer.GetMemory((int)Math.Min(left + 1, MinReceiveBytes));
            int received = socket.TryReceive(memory.Span[..(int)Math.Min(memory.Length, left + 1)]);
            if (received == LoopChannel.WouldBlock)
                continue;
            if (received <= 0)
                return received == 0 && byClose ? default : Aborted;
            if (received > left)
            {
                received = (int)left;
                connection.MarkUnusable();
            }

            writer.Advance(received);
            request.Info.BytesSent += received;
            unflushed += received;
            left -= received;
        }

        // With a Content-Length the server's end of the response sends only a head that was not sent yet.
        return flushed && unflushed > 0 && await FlushAsync(writer, socket.Loop) ? ClientGone : default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<UpstreamOutcome> CopyChunkedAsync(RequestContext request, Http1Connection connection)
    {
        PipeWriter writer = request.Http.Response.BodyWriter;
        LoopChannel socket = connection.Socket;
        ChunkedDecoder decoder = default;
        int unflushed = 0;
        bool flushed = false;
        while (true)
        {
            ChunkedStep step = Step(request, writer, connection, ref decoder, ref unflushed);
            if (step == ChunkedStep.End)
                return default;
            if (step == ChunkedStep.Bad)
                return BadBody;
            if (unflushed >= FlushBytes || ((unflushed > 0 || !flushed) && step == ChunkedStep.NeedMore && !socket.IsReadable))
            {
                if (await FlushAsync(writer, socket.Loop))
                    return ClientGone;
                unflushed = 0;
                flushed = true;
            }

            if (step == ChunkedStep.Data)
                continue;
            if (!socket.IsReadable)
            {
                connection.ReleaseBuffer();
                await socket.WaitReadableAsync();
            }

            if (connection.TryFill(ChunkBufferBytes) is Http1Connection.Ended or LoopChannel.Failed)
                return Aborted;
        }
    }

    private static UpstreamOutcome Aborted => new(UpstreamOutcomeKind.ResponseAborted, "The response ended before its end.");

    private static UpstreamOutcome BadBody => new(UpstreamOutcomeKind.ResponseMalformed, "The response's chunks are not in order.");

    private static UpstreamOutcome ClientGone => new(UpstreamOutcomeKind.ResponseNotTaken, "The client takes no more.");

    private static ChunkedStep Step(RequestContext request, PipeWriter writer, Http1Connection connection, ref ChunkedDecoder decoder, ref int unflushed)
    {
        ChunkedStep step = decoder.Step(connection.Buffered, out int consumed, out ReadOnlySpan<byte> data);
        Write(request, writer, data);
        unflushed += data.Length;
        connection.Consume(consumed);
        return step;
    }

    private static void Write(RequestContext request, PipeWriter writer, ReadOnlySpan<byte> data)
    {
        request.Info.BytesSent += data.Length;
        while (!data.IsEmpty)
        {
            Span<byte> target = writer.GetSpan(1);
            int count = Math.Min(target.Length, data.Length);
            data[..count].CopyTo(target);
            writer.Advance(count);
            data = data[count..];
        }
    }

    // The server may go on on another thread once it had to wait (TLS, HTTP/2).
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FlushAsync(PipeWriter writer, EventLoop loop)
    {
        FlushResult flushed = await writer.FlushAsync();
        await loop.SwitchAsync();
        return flushed.IsCompleted || flushed.IsCanceled;
    }
}
