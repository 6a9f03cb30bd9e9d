using System.Buffers.Binary;
using System.Text;
using Gateway.Clusters.Http1;

namespace Gateway.Clusters.Http2;

/// <summary>
/// Header lines that are spelled out, and those of them that came before: equal bytes are decoded once, when they are seen
/// twice. Secrets are left out. One per thread.
/// </summary>
internal sealed class HpackLiterals
{
    private const int Slots = 1024;
    private const int MaxKeptBytes = 256;

    [ThreadStatic]
    private static HpackLiterals? _current;

    private readonly Slot[] _slots = new Slot[Slots];
    private byte[] _decoded = new byte[512];

    /// <summary>The calling thread's.</summary>
    public static HpackLiterals Current => _current ??= new HpackLiterals();

    /// <summary>Reads a name, if it is not known, and a value; null = they break the rules.</summary>
    /// <param name="block">What is left of the block; moved on.</param>
    /// <param name="name">The name, if the block said it by its index.</param>
    /// <param name="secret">Whether the peer asks not to remember the line.</param>
    public HeaderLine? Read(ref ReadOnlySpan<byte> block, string? name, bool secret)
    {
        ReadOnlySpan<byte> rest = block;
        ReadOnlySpan<byte> nameText = default, valueText;
        bool nameCoded = false;
        if ((name is null && !TryTake(ref rest, out nameText, out nameCoded)) || !TryTake(ref rest, out valueText, out bool valueCoded))
            return null;

        ReadOnlySpan<byte> wire = block[..^rest.Length];
        block = rest;
        if (secret || wire.Length > MaxKeptBytes || name == "set-cookie")
            return Decode(name, nameText, nameCoded, valueText, valueCoded);

        uint hash = Hash(wire, name);
        ref Slot slot = ref _slots[hash % Slots];
        if (slot.Line is { } known && (object?)slot.Name == name && wire.SequenceEqual(slot.Wire))
            return known;

        HeaderLine? line = Decode(name, nameText, nameCoded, valueText, valueCoded);
        if (line is null || line.Name == "set-cookie")
            return line;

        if (slot.LastMiss == hash)
        {
            slot.Line = line;
            slot.Name = name;
            slot.Wire = wire.ToArray();
        }

        slot.LastMiss = hash;
        return line;
    }

    private static bool TryTake(scoped ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> text, out bool coded)
    {
        coded = !bytes.IsEmpty && (bytes[0] & 0x80) != 0;
        text = default;
        if (!HpackDecoder.TryReadInteger(ref bytes, 7, out int length) || length > bytes.Length)
            return false;
        text = bytes[..length];
        bytes = bytes[length..];
        return true;
    }

    private HeaderLine? Decode(string? name, ReadOnlySpan<byte> nameText, bool nameCoded, ReadOnlySpan<byte> valueText, bool valueCoded)
    {
        name ??= Text(nameText, nameCoded);
        string? value = Text(valueText, valueCoded);
        return name is null || value is null ? null : new HeaderLine(name, value, Http2HeaderText.KindOf(name, value));
    }

    private string? Text(ReadOnlySpan<byte> text, bool coded)
    {
        if (!coded)
            return Encoding.Latin1.GetString(text);
        int room = Huffman.MaxDecoded(text.Length);
        if (_decoded.Length < room)
            _decoded = new byte[room];
        return Huffman.TryDecode(text, _decoded, out int length) ? Encoding.Latin1.GetString(_decoded, 0, length) : null;
    }

    private static uint Hash(ReadOnlySpan<byte> wire, string? name)
    {
        ulong first = wire[0], last = wire[^1], middle = 0;
        if (wire.Length >= 8)
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(wire);
            last = BinaryPrimitives.ReadUInt64LittleEndian(wire[^8..]);
            middle = wire.Length >= 20 ? BinaryPrimitives.ReadUInt64LittleEndian(wire[(wire.Length / 2)..]) : 0;
        }

        // A name of the peer's table may be empty: its line is refused later, with its message.
        ulong named = string.IsNullOrEmpty(name) ? 0 : ((ulong)name.Length << 32) | ((ulong)name[0] << 16) | name[^1];
        ulong mixed = ((first * 0x9E3779B97F4A7C15) ^ (last * 0xC2B2AE3D27D4EB4F) ^ (middle * 0x165667B19E3779F9) ^ (named * 0xD6E8FEB86659FD93)) + (ulong)wire.Length;
        return (uint)(mixed >> 32) ^ (uint)mixed;
    }

    private struct Slot
    {
        public HeaderLine? Line;
        public string? Name;
        public byte[]? Wire;
        public uint LastMiss;
    }
}
