namespace Gateway.Clusters.Http1;

/// <summary>What a look for the end of a head found.</summary>
internal enum HeadScan
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,

    /// <summary>The end is there.</summary>
    Complete,

    /// <summary>A line does not end in CR LF.</summary>
    Bad,
}

/// <summary>Looks for the empty line that ends a head, each byte once however it arrives.</summary>
internal struct HeadScanner
{
    private int _scanned;
    private int _lineStart;

    /// <summary>Looks on; <paramref name="head"/> begins where it began before and may have grown.</summary>
    /// <param name="head">All bytes of the head so far, and perhaps more.</param>
    /// <param name="length">Bytes of the head, the empty line included, when it is complete.</param>
    public HeadScan Scan(ReadOnlySpan<byte> head, out int length)
    {
        length = 0;
        while (true)
        {
            int offset = head[_scanned..].IndexOf((byte)'\n');
            if (offset < 0)
            {
                _scanned = head.Length;
                return HeadScan.Incomplete;
            }

            int feed = _scanned + offset;
            // A line that ends in a bare LF is read differently by different parsers.
            if (feed == _lineStart || head[feed - 1] != (byte)'\r')
                return HeadScan.Bad;

            bool empty = feed - 1 == _lineStart;
            _scanned = _lineStart = feed + 1;
            if (!empty)
                continue;

            length = _lineStart;
            return HeadScan.Complete;
        }
    }
}
