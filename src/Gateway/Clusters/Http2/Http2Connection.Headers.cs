using System.Buffers;
using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <content>Heads and trailers that come in.</content>
internal sealed partial class Http2Connection
{
    private Http2Error TakeHeaders(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (head.StreamId == 0 || !head.TryStrip(ref payload))
            return Http2Error.Protocol;
        bool ends = (head.Flags & Http2Flags.EndStream) != 0;
        if ((head.Flags & Http2Flags.EndHeaders) != 0)
            return TakeBlock(head.StreamId, ends, payload);
        (_headersId, _headersEnd, _headersLength, _continuations) = (head.StreamId, ends, 0, 0);
        return Gather(payload);
    }

    private Http2Error TakeContinuation(Http2FrameHead head, ReadOnlySpan<byte> payload)
    {
        if (++_continuations > MaxContinuations)
            return Http2Error.EnhanceYourCalm;
        Http2Error error = Gather(payload);
        if (error != Http2Error.NoError || (head.Flags & Http2Flags.EndHeaders) == 0)
            return error;
        int id = _headersId;
        _headersId = 0;
        error = TakeBlock(id, _headersEnd, _headers.AsSpan(0, _headersLength));
        if (_headers is not null)
            ArrayPool<byte>.Shared.Return(_headers);
        _headers = null;
        return error;
    }

    private Http2Error Gather(ReadOnlySpan<byte> fragment)
    {
        int length = _headersLength + fragment.Length;
        if (length > MaxBlockFactor * _options.MaxHeaderListBytes)
            return Http2Error.EnhanceYourCalm;
        if (_headers is null || _headers.Length < length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(2 * length, Http2FrameHead.MaxLength));
            _headers.AsSpan(0, _headersLength).CopyTo(larger);
            if (_headers is not null)
                ArrayPool<byte>.Shared.Return(_headers);
            _headers = larger;
        }

        fragment.CopyTo(_headers.AsSpan(_headersLength));
        _headersLength = length;
        return Http2Error.NoError;
    }

    private Http2Error TakeBlock(int id, bool ends, ReadOnlySpan<byte> block)
    {
        _streams.TryGetValue(id, out Http2Stream? stream);
        // The table is kept right even where nobody wants to know.
        List<HeaderLine> lines = stream is null or { RemoteEnded: true } ? _nobodys : stream.Status != 0 ? stream.Trailers : stream.Head;
        HpackResult result = _decoder.Read(block, lines, _options.MaxHeaderListBytes);
        _nobodys.Clear();
        if (result == HpackResult.Bad)
            return Http2Error.Compression;
        if (stream is null)
            return Useless();
        _guard.Use();
        if (stream.RemoteEnded)
            Break(stream, Http2Error.StreamClosed);
        else if (result == HpackResult.TooLarge)
            Break(stream, Http2Error.Cancel);
        else if (!(stream.Status != 0 ? TakeTrailers(stream, ends) : TakeHead(stream, ends)))
            Break(stream, Http2Error.Protocol);
        return Http2Error.NoError;
    }

    private bool TakeTrailers(Http2Stream stream, bool ends)
    {
        if (!ends || stream.BodyLeft > 0 || !Http2ResponseHead.AreTrailers(stream.Trailers))
            return false;
        EndRemote(stream);
        return true;
    }

    private bool TakeHead(Http2Stream stream, bool ends)
    {
        if (!Http2ResponseHead.TryRead(stream.Head, out int status, out long length))
            return false;
        if (status < 200)
        {
            // There is no change of protocols here (RFC 9113 section 8.6).
            if (ends || status == 101 || ++stream.Interim > MaxInterim)
                return false;
            stream.Head.Clear();
            stream.MayContinue |= status == 100;
            Touch(stream);
            return true;
        }

        long body = stream.IsHead || status is 204 or 304 ? 0 : length;
        if (ends && body > 0)
            return false;
        stream.Status = status;
        stream.ContentLength = length;
        stream.BodyLeft = body;
        Touch(stream);
        if (ends)
            EndRemote(stream);
        return true;
    }
}
