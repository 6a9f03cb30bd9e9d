using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Gateway.Clusters.Http1;

/// <summary>
/// Header lines that came before. Backends repeat themselves: most lines of most responses are equal byte for byte, and
/// cost no string then. A line gets in when it is seen twice, so that lines that never repeat do not push out those that
/// do. Set-Cookie is left out: it is somebody's secret. One per thread.
/// </summary>
internal sealed class HeaderLineCache
{
    private const int Slots = 1024;
    private const int MaxLineBytes = 256;

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // Everything but control characters; a tab is white space.
    private static readonly SearchValues<byte> ValueBytes = SearchValues.Create([(byte)'\t', .. Enumerable.Range(0x20, 0x5f).Select(b => (byte)b), .. Enumerable.Range(0x80, 0x80).Select(b => (byte)b)]);

    [ThreadStatic]
    private static HeaderLineCache? _current;

    private readonly Slot[] _slots = new Slot[Slots];

    /// <summary>The calling thread's.</summary>
    public static HeaderLineCache Current => _current ??= new HeaderLineCache();

    /// <summary>Reads a line without its CRLF; null = it is no header line (RFC 9112 section 5; folded lines are refused).</summary>
    public HeaderLine? Read(ReadOnlySpan<byte> line)
    {
        if (line.Length is < 2 or > MaxLineBytes)
            return Parse(line);

        uint hash = Hash(line);
        ref Slot slot = ref _slots[hash % Slots];
        if (slot.Line is { } known && line.SequenceEqual(slot.Bytes))
            return known;

        HeaderLine? parsed = Parse(line);
        if (parsed is null || parsed.Name.Equals("set-cookie", StringComparison.OrdinalIgnoreCase))
            return parsed;

        if (slot.LastMiss == hash)
        {
            slot.Bytes = line.ToArray();
            slot.Line = parsed;
        }

        slot.LastMiss = hash;
        return parsed;
    }

    internal static HeaderLine? Parse(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0)
            return null;

        ReadOnlySpan<byte> name = line[..colon];
        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        if (name.ContainsAnyExcept(NameBytes) || value.ContainsAnyExcept(ValueBytes))
            return null;

        string text = Encoding.ASCII.GetString(name);
        return new HeaderLine(text, Encoding.Latin1.GetString(value), HeaderLine.KindOf(text));
    }

    // Beginning, end and length tell lines apart that differ in a name, a date's seconds or a number; others only push each other out.
    private static uint Hash(ReadOnlySpan<byte> line)
    {
        ulong first, last;
        if (line.Length >= 8)
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(line);
            last = BinaryPrimitives.ReadUInt64LittleEndian(line[^8..]);
        }
        else
        {
            first = line[0];
            last = line[^1];
        }

        ulong middle = line.Length >= 20 ? BinaryPrimitives.ReadUInt64LittleEndian(line[(line.Length / 2)..]) : 0;
        ulong mixed = ((first * 0x9E3779B97F4A7C15) ^ (last * 0xC2B2AE3D27D4EB4F) ^ (middle * 0x165667B19E3779F9)) + (ulong)line.Length;
        return (uint)(mixed >> 32) ^ (uint)mixed;
    }

    private struct Slot
    {
        public byte[]? Bytes;
        public HeaderLine? Line;
        public uint LastMiss;
    }
}
