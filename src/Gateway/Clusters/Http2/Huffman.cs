namespace Gateway.Clusters.Http2;

/// <summary>Decodes HPACK's Huffman code (RFC 7541 section 5.2 and appendix B). The code is canonical, so that lengths say it all.</summary>
internal static class Huffman
{
    private const int EndOfString = 256;
    private const int MaxPaddingBits = 7;

    // Bits of the code of each byte, and of the end.
    private static readonly byte[] Lengths =
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    // Two children per node; a byte is ~value. Node 0 is the root, and nothing leads back to it.
    private static readonly short[] Tree = BuildTree();

    // By node and the next four bits.
    private static readonly Step[] Steps = BuildSteps();

    /// <summary>The most bytes that so many encoded bytes can become: the shortest code has five bits.</summary>
    public static int MaxDecoded(int encoded) => (encoded * 8 / 5) + 1;

    /// <summary>Decodes.</summary>
    /// <param name="encoded">The code.</param>
    /// <param name="target">At least <see cref="MaxDecoded"/> bytes.</param>
    /// <param name="length">Bytes decoded.</param>
    /// <returns>False = it holds the end or is not padded as it must be.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> target, out int length)
    {
        length = 0;
        int node = 0;
        bool accepts = true;
        foreach (byte b in encoded)
        {
            for (int shift = 4; shift >= 0; shift -= 4)
            {
                Step step = Steps[(node * 16) + ((b >> shift) & 15)];
                if (step.Fails)
                    return false;
                if (step.Emits)
                    target[length++] = step.Symbol;
                node = step.Next;
                accepts = step.Accepts;
            }
        }

        return accepts;
    }

    private static short[] BuildTree()
    {
        var tree = new short[2 * EndOfString];
        int nodes = 1;
        uint code = 0;
        int bits = 0;
        foreach (int symbol in Enumerable.Range(0, Lengths.Length).OrderBy(s => Lengths[s]).ThenBy(s => s))
        {
            code <<= Lengths[symbol] - bits;
            bits = Lengths[symbol];
            int node = 0;
            for (int bit = bits - 1; bit > 0; bit--)
            {
                ref short child = ref tree[(2 * node) + (int)((code >> bit) & 1)];
                if (child == 0)
                    child = (short)nodes++;
                node = child;
            }

            tree[(2 * node) + (int)(code & 1)] = (short)~symbol;
            code++;
        }

        return tree;
    }

    private static Step[] BuildSteps()
    {
        // Padding is the beginning of the end's code, all ones: so deep a node may be where a string stops.
        var padding = new HashSet<int> { 0 };
        int end = 0;
        for (int i = 0; i < MaxPaddingBits; i++)
            padding.Add(end = Tree[(2 * end) + 1]);

        var steps = new Step[EndOfString * 16];
        for (int node = 0; node < EndOfString; node++)
        {
            for (int bits = 0; bits < 16; bits++)
                steps[(node * 16) + bits] = Follow(node, bits, padding);
        }

        return steps;
    }

    private static Step Follow(int node, int bits, HashSet<int> padding)
    {
        bool emits = false;
        byte symbol = 0;
        for (int bit = 3; bit >= 0; bit--)
        {
            int child = Tree[(2 * node) + ((bits >> bit) & 1)];
            if (child >= 0)
            {
                node = child;
                continue;
            }

            if (~child == EndOfString)
                return new Step(0, 0, false, false, Fails: true);
            (emits, symbol, node) = (true, (byte)~child, 0);
        }

        return new Step((byte)node, symbol, emits, padding.Contains(node), Fails: false);
    }

    private readonly record struct Step(byte Next, byte Symbol, bool Emits, bool Accepts, bool Fails);
}
