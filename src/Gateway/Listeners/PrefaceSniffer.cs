using System.Buffers;
using System.IO.Pipelines;

namespace Gateway.Listeners;

/// <summary>Tells HTTP/2 with prior knowledge from HTTP/1 by the connection's first bytes, without consuming them.</summary>
internal static class PrefaceSniffer
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Reads until it is clear; null = the connection ended before.</summary>
    public static async ValueTask<Codec?> SniffAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            if (Decide(buffer) is { } codec)
            {
                input.AdvanceTo(buffer.Start);
                return codec;
            }
            if (read.IsCompleted || read.IsCanceled)
            {
                input.AdvanceTo(buffer.Start);
                return null;
            }
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>What the bytes begin; null = more are needed.</summary>
    internal static Codec? Decide(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[Preface.Length];
        int length = (int)Math.Min(buffer.Length, start.Length);
        buffer.Slice(0, length).CopyTo(start);
        if (!start[..length].SequenceEqual(Preface[..length]))
            return Codec.Http1;
        return length == Preface.Length ? Codec.Http2Cleartext : null;
    }
}
