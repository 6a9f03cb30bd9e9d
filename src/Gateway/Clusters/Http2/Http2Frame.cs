using System.Buffers.Binary;

namespace Gateway.Clusters.Http2;

/// <summary>Types of frames (RFC 9113 section 6).</summary>
internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Flags of frames; what a bit means depends on the type.</summary>
[Flags]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1069", Justification = "As the protocol has it.")]
internal enum Http2Flags : byte
{
    None = 0,
    EndStream = 1,
    Acknowledge = EndStream,
    EndHeaders = 4,
    Padded = 8,
    Priority = 32,
}

/// <summary>Why a stream or connection was ended (RFC 9113 section 7).</summary>
internal enum Http2Error : uint
{
    NoError = 0,
    Protocol = 1,
    Internal = 2,
    FlowControl = 3,
    SettingsTimeout = 4,
    StreamClosed = 5,
    FrameSize = 6,
    RefusedStream = 7,
    Cancel = 8,
    Compression = 9,
    Connect = 10,
    EnhanceYourCalm = 11,
    InadequateSecurity = 12,
    Http11Required = 13,
}

/// <summary>The nine bytes before every frame.</summary>
/// <param name="Length">Bytes of the payload, below 2^24.</param>
/// <param name="Type">May be one that is not known.</param>
/// <param name="Flags">Its flags.</param>
/// <param name="StreamId">0 = the connection.</param>
internal readonly record struct Http2FrameHead(int Length, Http2FrameType Type, Http2Flags Flags, int StreamId)
{
    /// <summary>Its size on the wire.</summary>
    public const int Bytes = 9;

    /// <summary>The largest payload both sides take without asking.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Reads one.</summary>
    /// <param name="bytes">At least <see cref="Bytes"/>.</param>
    public static Http2FrameHead Read(ReadOnlySpan<byte> bytes) => new(
        (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8), (Http2FrameType)bytes[3], (Http2Flags)bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);

    /// <summary>Writes it.</summary>
    /// <param name="target">At least <see cref="Bytes"/>.</param>
    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, ((uint)Length << 8) | (byte)Type);
        target[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(target[5..], StreamId);
    }

    /// <summary>Takes padding off a payload, and of HEADERS the priority.</summary>
    /// <returns>False = there is more padding than payload.</returns>
    public bool TryStrip(ref ReadOnlySpan<byte> payload)
    {
        const int PriorityBytes = 5;
        int padding = 0;
        if ((Flags & Http2Flags.Padded) != 0)
        {
            if (payload.IsEmpty)
                return false;
            padding = payload[0];
            payload = payload[1..];
        }

        if (Type == Http2FrameType.Headers && (Flags & Http2Flags.Priority) != 0)
        {
            if (payload.Length < PriorityBytes)
                return false;
            payload = payload[PriorityBytes..];
        }

        if (padding > payload.Length)
            return false;
        payload = payload[..^padding];
        return true;
    }
}
