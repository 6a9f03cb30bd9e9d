namespace Gateway.Clusters.Http1;

/// <summary>Where a <see cref="ChunkedDecoder"/> stands after a step.</summary>
internal enum ChunkedStep
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>Bytes of the body were found.</summary>
    Data,

    /// <summary>The body and its trailers have ended.</summary>
    End,

    /// <summary>This is no chunked body.</summary>
    Bad,
}

/// <summary>
/// Takes a chunked body apart (RFC 9112 section 7.1), strictly: CR LF everywhere, sizes of hexadecimal digits only, no
/// control characters in extensions. Trailers are read over: HTTP/1 clients of a proxy get none. A struct; keep one per body.
/// </summary>
internal struct ChunkedDecoder
{
    private const int MaxSizeDigits = 15;
    private const int MaxExtensionBytes = 1024;
    private const int MaxTrailerBytes = 16 * 1024;

    private State _state;
    private long _left;
    private int _count;
    private bool _lineHasContent;

    private enum State : byte
    {
        SizeStart,
        Size,
        SizeBlank,
        Extension,
        SizeFeed,
        Data,
        DataReturn,
        DataFeed,
        TrailerLine,
        TrailerFeed,
        End,
    }

    /// <summary>Goes on until there is something to say.</summary>
    /// <param name="input">What has arrived and was not consumed.</param>
    /// <param name="consumed">How much of it is done with, <paramref name="data"/> included.</param>
    /// <param name="data">A part of the body, within <paramref name="input"/>.</param>
    public ChunkedStep Step(ReadOnlySpan<byte> input, out int consumed, out ReadOnlySpan<byte> data)
    {
        data = default;
        for (consumed = 0; consumed < input.Length; consumed++)
        {
            if (_state == State.Data)
            {
                int length = (int)Math.Min(_left, input.Length - consumed);
                data = input.Slice(consumed, length);
                consumed += length;
                _left -= length;
                if (_left == 0)
                    _state = State.DataReturn;
                return ChunkedStep.Data;
            }

            if (!Next(input[consumed]))
                return ChunkedStep.Bad;

            if (_state == State.End)
            {
                consumed++;
                return ChunkedStep.End;
            }
        }

        return ChunkedStep.NeedMore;
    }

    private bool Next(byte b)
    {
        switch (_state)
        {
            case State.SizeStart:
            case State.Size:
                return Size(b);
            case State.SizeBlank:
                return ++_count <= MaxExtensionBytes && AfterSize(b);
            case State.Extension:
                if (b == '\r')
                    _state = State.SizeFeed;
                return b == '\r' || (++_count <= MaxExtensionBytes && (b is >= 0x20 and not 0x7f || b == '\t'));
            case State.SizeFeed:
                _state = _left == 0 ? State.TrailerLine : State.Data;
                _count = 0;
                return b == '\n';
            case State.DataReturn:
                _state = State.DataFeed;
                return b == '\r';
            case State.DataFeed:
                _state = State.SizeStart;
                return b == '\n';
            case State.TrailerLine:
                return Trailer(b);
            case State.TrailerFeed:
                _state = _lineHasContent ? State.TrailerLine : State.End;
                _lineHasContent = false;
                return b == '\n';
            default:
                return false;
        }
    }

    private bool Size(byte b)
    {
        if (char.IsAsciiHexDigit((char)b))
        {
            if (_state == State.SizeStart)
                (_left, _count, _state) = (0, 0, State.Size);

            _left = (_left << 4) | HexValue(b);
            return ++_count <= MaxSizeDigits;
        }

        if (_state == State.SizeStart)
            return false;

        _count = 0;
        return AfterSize(b);
    }

    // Blanks may stand there, as old servers pad; whatever else they lead to is read by some and not by others.
    private bool AfterSize(byte b)
    {
        _state = b switch
        {
            (byte)'\r' => State.SizeFeed,
            (byte)';' => State.Extension,
            _ => State.SizeBlank,
        };
        return b is (byte)'\r' or (byte)';' or (byte)' ' or (byte)'\t';
    }

    private static uint HexValue(byte digit) => digit <= '9' ? (uint)(digit - '0') : (uint)((digit | 0x20) - 'a' + 10);

    private bool Trailer(byte b)
    {
        if (++_count > MaxTrailerBytes)
            return false;

        if (b == '\r')
        {
            _state = State.TrailerFeed;
            return true;
        }

        _lineHasContent = true;
        return b is >= 0x20 and not 0x7f || b == '\t';
    }
}
