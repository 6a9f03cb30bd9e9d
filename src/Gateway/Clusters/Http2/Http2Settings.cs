using System.Buffers.Binary;

namespace Gateway.Clusters.Http2;

/// <summary>What a backend said of itself (RFC 9113 section 6.5.2).</summary>
internal struct Http2Settings()
{
    private const int EntryBytes = 6;
    private const int MaxFrameLimit = (1 << 24) - 1;

    /// <summary>Its table for header lines.</summary>
    public uint HeaderTableBytes { get; private set; } = 4096;

    /// <summary>Streams it takes at a time.</summary>
    public uint MaxStreams { get; private set; } = uint.MaxValue;

    /// <summary>What may be sent on a new stream.</summary>
    public int InitialWindow { get; private set; } = 65_535;

    /// <summary>Largest payload of a frame.</summary>
    public int MaxFrame { get; private set; } = Http2FrameHead.MaxLength;

    /// <summary>Takes a payload.</summary>
    /// <returns>What is wrong with it, <see cref="Http2Error.NoError"/> = nothing.</returns>
    public Http2Error Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length % EntryBytes != 0)
            return Http2Error.FrameSize;
        for (; !payload.IsEmpty; payload = payload[EntryBytes..])
        {
            uint value = BinaryPrimitives.ReadUInt32BigEndian(payload[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(payload))
            {
                case 1:
                    HeaderTableBytes = value;
                    break;
                case 2 when value != 0:
                    // Only a client pushes nothing; a server that claims to take pushes is not one.
                    return Http2Error.Protocol;
                case 3:
                    MaxStreams = value;
                    break;
                case 4 when value > int.MaxValue:
                    return Http2Error.FlowControl;
                case 4:
                    InitialWindow = (int)value;
                    break;
                case 5 when value is < Http2FrameHead.MaxLength or > MaxFrameLimit:
                    return Http2Error.Protocol;
                case 5:
                    MaxFrame = (int)value;
                    break;
            }
        }

        return Http2Error.NoError;
    }
}
