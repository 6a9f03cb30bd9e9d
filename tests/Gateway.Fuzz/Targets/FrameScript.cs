using System.Buffers.Binary;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// Makes frames of HTTP/2 from bytes of which each means something, so that nearly every change of an input is another
/// conversation: a type, flags, a stream, a length and that many bytes of payload.
/// </summary>
internal static class FrameScript
{
    private const int OpBytes = 4;

    /// <summary>The frames, with the settings that must come first.</summary>
    public static byte[] Frames(ReadOnlySpan<byte> script)
    {
        using var wire = new MemoryStream();
        Write(wire, 4, 0, 0, []);
        while (script.Length >= OpBytes)
        {
            int type = script[0] % 12;
            byte flags = script[1];
            int stream = (script[2] & 7) - ((script[2] & 0x40) == 0 ? 0 : 7);
            int length = Math.Min(script[3], script.Length - OpBytes);
            ReadOnlySpan<byte> payload = script.Slice(OpBytes, length);
            script = script[(OpBytes + length)..];
            switch (type)
            {
                case 10:
                    // A head that is well formed, with lines of the payload behind it.
                    Write(wire, 1, (byte)(flags & 5), stream, [0x88, .. payload]);
                    break;
                case 11:
                    Write(wire, 0, (byte)(flags & 1), stream, [.. payload, .. new byte[flags * 8]]);
                    break;
                default:
                    Write(wire, (byte)type, flags, stream, payload);
                    break;
            }
        }

        return wire.ToArray();
    }

    private static void Write(MemoryStream wire, byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[9];
        BinaryPrimitives.WriteUInt32BigEndian(head, ((uint)payload.Length << 8) | type);
        head[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(head[5..], stream & int.MaxValue);
        wire.Write(head);
        wire.Write(payload);
    }
}
