using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Gateway.Observability.AccessLogs;

/// <summary>
/// A bounded queue of byte entries from many writers to one reader, in one block of memory: writing neither locks nor
/// allocates, and a full ring refuses. An entry is a four-byte length, then its bytes, padded to four.
/// </summary>
/// <remarks>
/// A writer claims room by moving the tail, copies, and last of all writes the length; the reader stops at an entry whose
/// length is still zero and wipes what it has read before it moves the head. Positions only grow; their place is modulo the size.
/// </remarks>
internal sealed class LogRing
{
    private const int HeaderBytes = sizeof(int);
    private const int Alignment = sizeof(int);

    // The length of an entry that only fills the room up to the end of the block.
    private const int Filler = -1;

    private readonly byte[] _block;
    private readonly int _mask;
    private long _head;
    private long _tail;

    /// <summary>Makes a ring of <paramref name="bytes"/>, a power of two.</summary>
    public LogRing(int bytes)
    {
        Debug.Assert(BitOperations.IsPow2(bytes), "places are taken modulo the size with a mask");
        _block = new byte[bytes];
        _mask = bytes - 1;
    }

    /// <summary>Whether nothing is there to be read.</summary>
    public bool IsEmpty => Volatile.Read(ref _head) == Volatile.Read(ref _tail);

    /// <summary>Appends an entry; false = no room.</summary>
    public bool TryWrite(ReadOnlySpan<byte> entry)
    {
        int needed = Padded(HeaderBytes + entry.Length);
        long tail = Volatile.Read(ref _tail);
        while (true)
        {
            int place = (int)(tail & _mask);
            int toEnd = _block.Length - place;
            int claim = needed <= toEnd ? needed : toEnd + needed;
            if (tail + claim - Volatile.Read(ref _head) > _block.Length)
                return false;
            long seen = Interlocked.CompareExchange(ref _tail, tail + claim, tail);
            if (seen != tail)
            {
                tail = seen;
                continue;
            }
            int start = place;
            if (claim != needed)
            {
                Commit(place, Filler);
                start = 0;
            }
            entry.CopyTo(_block.AsSpan(start + HeaderBytes));
            Commit(start, entry.Length + 1);
            return true;
        }
    }

    /// <summary>Moves as many whole entries as fit into <paramref name="target"/>; returns their bytes. One reader only.</summary>
    public int Read(Span<byte> target)
    {
        int written = 0;
        while (true)
        {
            int place = (int)(_head & _mask);
            int length = Volatile.Read(ref LengthAt(place));
            if (length == 0)
                return written;
            int taken;
            if (length == Filler)
            {
                taken = _block.Length - place;
            }
            else
            {
                int bytes = length - 1;
                if (bytes > target.Length - written)
                    return written;
                _block.AsSpan(place + HeaderBytes, bytes).CopyTo(target[written..]);
                written += bytes;
                taken = Padded(HeaderBytes + bytes);
            }
            _block.AsSpan(place, taken).Clear();
            Volatile.Write(ref _head, _head + taken);
        }
    }

    private void Commit(int place, int length) => Volatile.Write(ref LengthAt(place), length);

    private ref int LengthAt(int place) => ref MemoryMarshal.AsRef<int>(_block.AsSpan(place, HeaderBytes));

    private static int Padded(int bytes) => (bytes + Alignment - 1) & ~(Alignment - 1);
}
