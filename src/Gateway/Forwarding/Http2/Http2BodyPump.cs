using System.Buffers;
using System.IO.Pipelines;
using Gateway.Clusters.Http2;
using Gateway.Forwarding.Http1;
using Gateway.Http;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Forwarding.Http2;

/// <summary>Sends a client's body, and its trailers, on a stream as fast as the backend takes them. Belongs to one <see cref="Http2Exchange"/>; on the loop.</summary>
internal sealed class Http2BodyPump(RequestContext request, RequestBodyReader reader)
{
    private PipeReader _body = null!;
    private Http2Stream _stream = null!;
    private bool _stopped;

    /// <summary>How far it came.</summary>
    public BodyState State { get; private set; }

    /// <summary>The client's fault, when <see cref="State"/> says there is one.</summary>
    public Exception? Fault { get; private set; }

    /// <summary>Whether anything was read of the body.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>Begins anew.</summary>
    public void Reset(bool hasBody)
    {
        State = hasBody ? BodyState.Open : BodyState.Sent;
        IsBegun = _stopped = false;
        Fault = null;
    }

    /// <summary>Sends the body to its end. Never throws.</summary>
    public async Task RunAsync(Http2Stream stream)
    {
        EventLoop loop = stream.Connection.Loop;
        _stream = stream;
        _body = reader.Begin(loop);
        IsBegun = true;
        long? length = request.Http.Request.ContentLength;
        long sent = 0;
        try
        {
            while (State == BodyState.Open)
            {
                ValueTask<ReadResult> reading = _body.ReadAsync();
                ReadResult read = reading.IsCompletedSuccessfully ? reading.Result : await reading;
                // The server may have completed the read on another thread.
                await loop.SwitchAsync();
                if (_stopped)
                {
                    _body.AdvanceTo(read.Buffer.Start);
                    State = BodyState.Stopped;
                    break;
                }

                bool ends = read.IsCompleted || sent + read.Buffer.Length == length;
                ReadOnlySequence<byte> left = await SendAsync(read.Buffer, ends);
                long taken = read.Buffer.Length - left.Length;
                sent += taken;
                reader.Note(taken, ended: ends && left.IsEmpty);
                _body.AdvanceTo(left.Start);
                if (ends && State == BodyState.Open)
                    State = BodyState.Sent;
            }
        }
        catch (Exception e)
        {
            await loop.SwitchAsync();
            Fault = e;
            State = _stopped ? BodyState.Stopped : BodyState.ClientFailed;
            if (!_stopped)
                stream.Connection.Cancel(stream);
        }
        finally
        {
            if (_body == reader)
                reader.Complete();
        }
    }

    /// <summary>Ends it at the next occasion; what it waits for is told.</summary>
    public void Stop()
    {
        _stopped = true;
        _stream.WakeWriter();
        try
        {
            _body.CancelPendingRead();
        }
        catch (ConnectionAbortedException)
        {
            // The client's connection was aborted: the read fails by itself.
        }
    }

    private async ValueTask<ReadOnlySequence<byte>> SendAsync(ReadOnlySequence<byte> data, bool ends)
    {
        bool hasTrailers = ends && Trailers() is { Count: > 0 };
        while (!_stopped)
        {
            long taken = _stream.Connection.Send(_stream, data, ends && !hasTrailers);
            if (taken < 0)
            {
                State = BodyState.BackendFailed;
                break;
            }

            data = data.Slice(taken);
            if (data.IsEmpty)
            {
                if (hasTrailers)
                    SendTrailers();
                break;
            }

            await _stream.WaitWritableAsync();
        }

        return data;
    }

    private IHeaderDictionary? Trailers() => request.Http.Features.Get<IHttpRequestTrailersFeature>() is { Available: true } feature ? feature.Trailers : null;

    private void SendTrailers()
    {
        Http2RequestHead.WriteTrailers(_stream.Connection.Encoder, Trailers()!);
        _stream.Connection.SendTrailers(_stream);
    }
}
