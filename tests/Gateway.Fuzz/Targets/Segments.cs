using System.Buffers;

namespace Gateway.Fuzz.Targets;

/// <summary>Bytes in several segments.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    private Segments(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

    public static ReadOnlySequence<byte> Of(byte[] bytes, IEnumerable<int> lengths)
    {
        Segments first = new(default, 0);
        Segments last = first;
        int at = 0;
        foreach (int length in lengths)
        {
            var next = new Segments(bytes.AsMemory(at, length), at);
            last.Next = next;
            last = next;
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
