namespace Gateway.Fuzz.Targets;

/// <summary>Cuts an input into pieces as a network does; its first byte says how.</summary>
internal static class Pieces
{
    /// <summary>Lengths of the pieces: all at once, byte by byte, or a mix that depends on the seed.</summary>
    public static IEnumerable<int> Lengths(byte seed, int total)
    {
        uint state = seed;
        for (int left = total; left > 0;)
        {
            state = (state * 1_664_525) + 1_013_904_223;
            int length = (seed % 4) switch
            {
                0 => 1,
                1 => 1 + (int)((state >> 16) % 3),
                2 => 1 + (int)((state >> 16) % 40),
                _ => 1 + (int)((state >> 16) % 5000),
            };
            length = Math.Min(length, left);
            yield return length;
            left -= length;
        }
    }
}
