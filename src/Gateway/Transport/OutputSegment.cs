using System.Buffers;

namespace Gateway.Transport;

/// <summary>A block of an <see cref="OutputBuffer"/>.</summary>
internal sealed class OutputSegment : ReadOnlySequenceSegment<byte>
{
    private IMemoryOwner<byte>? _block;

    /// <summary>Bytes that stand in it, those that nobody may send yet included.</summary>
    public int Written { get; set; }

    /// <summary>The room behind what stands in it.</summary>
    public Memory<byte> Room => Whole[Written..];

    private Memory<byte> Whole { get; set; }

    /// <summary>Begins with a block, which is its own until <see cref="Free"/>.</summary>
    public void Begin(IMemoryOwner<byte> block)
    {
        _block = block;
        Begin(block.Memory);
    }

    /// <summary>Begins with memory that nobody wants back.</summary>
    public void Begin(Memory<byte> memory)
    {
        Memory = Whole = memory;
        RunningIndex = 0;
        Written = 0;
    }

    /// <summary>Nothing more is written to it; the next one follows.</summary>
    public void Append(OutputSegment next)
    {
        Memory = Memory[..Written];
        next.RunningIndex = RunningIndex + Written;
        Next = next;
    }

    /// <summary>Gives the block back.</summary>
    /// <returns>What followed.</returns>
    public OutputSegment? Free()
    {
        var next = (OutputSegment?)Next;
        _block?.Dispose();
        _block = null;
        Memory = Whole = default;
        Next = null;
        return next;
    }
}
