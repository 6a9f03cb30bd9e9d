using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding.Http2;

/// <summary>Brings a response's body and trailers from a stream to the client. On the loop.</summary>
internal static class Http2Relay
{
    /// <summary>Brings the body. What is complete is left unflushed: the server sends it with the head.</summary>
    /// <returns><see cref="Http2Failure.None"/> = it came completely.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<Http2Failure> CopyBodyAsync(RequestContext request, Http2Stream stream)
    {
        EventLoop loop = stream.Connection.Loop;
        PipeWriter writer = request.Http.Response.BodyWriter;
        if (request.IsHttp1 || !stream.RemoteEnded)
        {
            await request.Http.Response.StartAsync();
            await loop.SwitchAsync();
        }

        int unflushed = 0;
        bool headSent = false;
        while (true)
        {
            unflushed += stream.Take(writer);
            if (stream.Failure != Http2Failure.None)
                return stream.Failure;
            if (stream.RemoteEnded)
            {
                request.Info.BytesSent += unflushed;
                stream.Connection.NoteTaken(stream, unflushed);
                // With a Content-Length the server's end of the response sends only a head that was not sent yet.
                if (headSent && unflushed > 0 && request.IsHttp1)
                {
                    await writer.FlushAsync();
                    await loop.SwitchAsync();
                }
                return Http2Failure.None;
            }

            if (unflushed > 0 || !headSent)
            {
                headSent = true;
                request.Info.BytesSent += unflushed;
                FlushResult flushed = await writer.FlushAsync();
                // The server may go on on another thread once it had to wait.
                await loop.SwitchAsync();
                if (flushed.IsCompleted || flushed.IsCanceled)
                    return Http2Failure.Cancelled;
                stream.Connection.NoteTaken(stream, unflushed);
                unflushed = 0;
                continue;
            }

            await stream.WaitAsync(writer);
            unflushed = stream.EndDirect();
        }
    }

    /// <summary>Puts the trailers on the response. On HTTP/1 they are dropped, as Envoy does.</summary>
    public static void CopyTrailers(RequestContext request, Http2Stream stream)
    {
        if (request.IsHttp1)
            return;
        foreach (HeaderLine trailer in stream.Trailers)
        {
            request.Http.Response.AppendTrailer(trailer.Name, trailer.Value);
            if (request.Info.IsGrpc && trailer.Name == HeaderNames.GrpcStatus)
                request.Info.GrpcStatus = trailer.Value;
        }
    }
}
