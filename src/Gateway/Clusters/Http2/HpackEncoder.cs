using System.Buffers;
using System.Text;

namespace Gateway.Clusters.Http2;

/// <summary>
/// Writes header blocks (RFC 7541): lines of the static table by their index, lines that come again through the peer's
/// table, everything else spelled out, without Huffman coding, which costs more than the bytes it saves. A line is put into
/// the table when its name has the same value twice in a row; secrets never are. One per connection.
/// </summary>
internal sealed class HpackEncoder
{
    private const int DefaultTableBytes = 4096;
    private const int LineOverhead = 32;
    private const int MaxLines = DefaultTableBytes / LineOverhead;
    private const int MaxKeptValue = 256;
    private const int NameSlots = 128;

    private static readonly SearchValues<char> EndsLine = SearchValues.Create("\r\n\0");

    private readonly Name?[] _names = new Name?[NameSlots];
    private readonly int[] _sizes = new int[MaxLines];
    private byte[] _block = new byte[2048];
    private int _length;
    private long _inserted;
    private int _count;
    private int _bytes;
    private int _limit = DefaultTableBytes;
    private bool _limitChanged;

    /// <summary>The block written since <see cref="Begin"/>.</summary>
    public ReadOnlySpan<byte> Written => _block.AsSpan(0, _length);

    /// <summary>The peer said how large its table may be.</summary>
    public void SetLimit(uint bytes)
    {
        int limit = (int)Math.Min(bytes, DefaultTableBytes);
        if (limit == _limit)
            return;
        _limit = limit;
        _limitChanged = true;
        Evict(0);
    }

    /// <summary>Begins a block.</summary>
    public void Begin()
    {
        _length = 0;
        if (!_limitChanged)
            return;
        _limitChanged = false;
        WriteInteger(0x20, 5, _limit);
    }

    /// <summary>Writes a line of the static table.</summary>
    public void AddStatic(int index) => WriteInteger(0x80, 7, index);

    /// <summary>Writes a line. The name goes in lower case; characters that could be taken for the end of a line become spaces.</summary>
    public void Add(string name, string value)
    {
        Name known = Find(name);
        if (known.IsSecret || value.Length > MaxKeptValue)
        {
            WriteLiteral(known, value, (byte)(known.IsSecret ? 0x10 : 0x00), 4);
            return;
        }

        if (known.TableValue is not null && known.Position > _inserted - _count && known.TableValue == value)
        {
            WriteInteger(0x80, 7, HpackStatic.Lines.Length + 1 + (int)(_inserted - known.Position));
            return;
        }

        if (known.LastValue != value)
        {
            known.LastValue = value;
            WriteLiteral(known, value, 0x00, 4);
            return;
        }

        WriteLiteral(known, value, 0x40, 6);
        Keep(known, value);
    }

    private void Keep(Name name, string value)
    {
        int size = name.Wire.Length + value.Length + LineOverhead;
        Evict(size);
        if (size > _limit)
            return;
        _inserted++;
        _count++;
        _bytes += size;
        _sizes[_inserted % MaxLines] = size;
        name.TableValue = value;
        name.Position = _inserted;
    }

    private void Evict(int room)
    {
        while (_count > 0 && _bytes + room > _limit)
        {
            _bytes -= _sizes[(_inserted - _count + 1) % MaxLines];
            _count--;
        }
    }

    private void WriteLiteral(Name name, string value, byte pattern, int prefixBits)
    {
        if (name.StaticIndex > 0)
        {
            WriteInteger(pattern, prefixBits, name.StaticIndex);
        }
        else
        {
            Reserve(1)[0] = pattern;
            _length++;
            WriteInteger(0, 7, name.Wire.Length);
            name.Wire.CopyTo(Reserve(name.Wire.Length));
            _length += name.Wire.Length;
        }

        WriteInteger(0, 7, value.Length);
        Span<byte> target = Reserve(value.Length)[..value.Length];
        Encoding.Latin1.GetBytes(value, target);
        _length += value.Length;
        if (!value.AsSpan().ContainsAny(EndsLine))
            return;

        // Only configuration can have put it there.
        foreach (ref byte b in target)
        {
            if (b is (byte)'\r' or (byte)'\n' or 0)
                b = (byte)' ';
        }
    }

    private void WriteInteger(byte pattern, int prefixBits, int value)
    {
        const int MaxBytes = 6;
        Span<byte> target = Reserve(MaxBytes);
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            target[0] = (byte)(pattern | value);
            _length++;
            return;
        }

        target[0] = (byte)(pattern | mask);
        value -= mask;
        int at = 1;
        for (; value >= 0x80; value >>= 7)
            target[at++] = (byte)(value | 0x80);
        target[at++] = (byte)value;
        _length += at;
    }

    private Span<byte> Reserve(int count)
    {
        if (_block.Length - _length < count)
            Array.Resize(ref _block, Math.Max(2 * _block.Length, _length + count));
        return _block.AsSpan(_length);
    }

    // Names repeat from request to request, mostly as the same object.
    private Name Find(string name)
    {
        int hash = ((name.Length * 31) + (name[0] | 0x20)) * 31;
        hash = (hash + (name[name.Length / 2] | 0x20)) * 31;
        ref Name? slot = ref _names[(hash + (name[^1] | 0x20)) & (NameSlots - 1)];
        if (slot is not null && (ReferenceEquals(slot.Key, name) || slot.Key.Equals(name, StringComparison.OrdinalIgnoreCase)))
            return slot;
        return slot = new Name(name);
    }

    private sealed class Name
    {
        public Name(string name)
        {
            Key = name;
            string lower = name.ToLowerInvariant();
            Wire = Encoding.Latin1.GetBytes(lower);
            StaticIndex = HpackStatic.Names.TryGetValue(lower, out int index) ? index : 0;
            IsSecret = lower is "authorization" or "cookie" or "proxy-authorization" or "set-cookie";
        }

        public string Key { get; }

        public byte[] Wire { get; }

        public int StaticIndex { get; }

        public bool IsSecret { get; }

        public string? LastValue { get; set; }

        public string? TableValue { get; set; }

        public long Position { get; set; }
    }
}
