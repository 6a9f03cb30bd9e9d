using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <summary>What a header block was.</summary>
internal enum HpackResult
{
    /// <summary>All of it is there.</summary>
    Complete,

    /// <summary>Its lines are more than is taken; the table is as it must be.</summary>
    TooLarge,

    /// <summary>It breaks the rules: nothing after it can be understood.</summary>
    Bad,
}

/// <summary>
/// Reads header blocks (RFC 7541). Keeps the table of the lines the peer told it to keep, at most
/// <see cref="MaxTableBytes"/>; nothing is decoded twice where lines repeat. One per connection.
/// </summary>
internal sealed class HpackDecoder
{
    /// <summary>What the table may hold; the peer need not be told, as it is the protocol's default.</summary>
    public const int MaxTableBytes = 4096;

    private const int LineOverhead = 32;
    private const int MaxLines = MaxTableBytes / LineOverhead;

    // A ring: the newest line is at _newest.
    private readonly HeaderLine[] _table = new HeaderLine[MaxLines];
    private int _newest;
    private int _count;
    private int _bytes;
    private int _limit = MaxTableBytes;

    /// <summary>Reads a complete block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="lines">The lines are added to it, as long as they are not too many.</param>
    /// <param name="maxBytes">Most bytes of names and values, with 32 for each line (RFC 9113 section 6.5.2).</param>
    public HpackResult Read(ReadOnlySpan<byte> block, List<HeaderLine> lines, int maxBytes)
    {
        int bytes = 0;
        bool begun = false;
        while (!block.IsEmpty)
        {
            byte first = block[0];
            if ((first & 0xe0) == 0x20)
            {
                if (begun || !TryReadInteger(ref block, 5, out int limit) || limit > MaxTableBytes)
                    return HpackResult.Bad;
                _limit = limit;
                Evict(0);
                continue;
            }

            begun = true;
            if (ReadLine(ref block, first) is not { } line)
                return HpackResult.Bad;
            bytes += Size(line);
            if (bytes <= maxBytes)
                lines.Add(line);
        }

        return bytes <= maxBytes ? HpackResult.Complete : HpackResult.TooLarge;
    }

    private HeaderLine? ReadLine(ref ReadOnlySpan<byte> block, byte first)
    {
        if ((first & 0x80) != 0)
            return TryReadInteger(ref block, 7, out int index) ? Find(index) : null;

        bool keeps = (first & 0x40) != 0;
        if (!TryReadInteger(ref block, keeps ? 6 : 4, out int name))
            return null;

        string? known = null;
        if (name != 0)
        {
            known = Find(name)?.Name;
            if (known is null)
                return null;
        }

        bool secret = !keeps && (first & 0x10) != 0;
        if (HpackLiterals.Current.Read(ref block, known, secret) is not { } line)
            return null;
        if (keeps)
            Keep(line);
        return line;
    }

    private HeaderLine? Find(int index)
    {
        if (index <= 0)
            return null;
        if (index <= HpackStatic.Lines.Length)
            return HpackStatic.Lines[index - 1];
        index -= HpackStatic.Lines.Length + 1;
        return index < _count ? _table[(_newest - index + MaxLines) % MaxLines] : null;
    }

    private void Keep(HeaderLine line)
    {
        int size = Size(line);
        Evict(size);
        // One that is too large by itself leaves an empty table (RFC 7541 section 4.4).
        if (size > _limit)
            return;
        _newest = (_newest + 1) % MaxLines;
        _table[_newest] = line;
        _count++;
        _bytes += size;
    }

    private void Evict(int room)
    {
        while (_count > 0 && _bytes + room > _limit)
        {
            ref HeaderLine oldest = ref _table[(_newest - _count + 1 + MaxLines) % MaxLines];
            _bytes -= Size(oldest);
            oldest = null!;
            _count--;
        }
    }

    private static int Size(HeaderLine line) => line.Name.Length + line.Value.Length + LineOverhead;

    /// <summary>Reads an integer whose first bits share a byte (RFC 7541 section 5.1); what is larger than any length here is refused.</summary>
    internal static bool TryReadInteger(scoped ref ReadOnlySpan<byte> bytes, int prefixBits, out int value)
    {
        const int MaxShift = 21;
        int mask = (1 << prefixBits) - 1;
        value = 0;
        if (bytes.IsEmpty)
            return false;
        value = bytes[0] & mask;
        bytes = bytes[1..];
        if (value < mask)
            return true;
        for (int shift = 0; shift <= MaxShift && !bytes.IsEmpty; shift += 7)
        {
            byte b = bytes[0];
            bytes = bytes[1..];
            value += (b & 0x7f) << shift;
            if ((b & 0x80) == 0)
                return true;
        }

        return false;
    }
}
