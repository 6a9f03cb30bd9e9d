using System.Text;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Reads a message of protocol buffers, field by field; unknown fields are passed over. Never reads outside of what it was given.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Number of the field that was read.</summary>
    public int Field { get; private set; }

    /// <summary>Its value if it is a number; else 0.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its value if it is bytes, text or a message; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Its value as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>Reads the next field; false = there is none.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    public bool Read()
    {
        Number = 0;
        Bytes = default;
        if (_rest.IsEmpty)
            return false;
        ulong tag = Varint();
        if (tag >> 3 is 0 or > (1 << 29) - 1)
            throw new InvalidDataException("A field has no number.");
        Field = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                _ = Take(8);
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                _ = Take(4);
                break;
            default:
                throw new InvalidDataException("A field has an unknown wire type.");
        }
        return true;
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)_rest.Length)
            throw new InvalidDataException("A field is longer than its message.");
        ReadOnlySpan<byte> taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int i = 0; i < 10; i++)
        {
            if (i >= _rest.Length)
                throw new InvalidDataException("A number is cut off.");
            value |= (ulong)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return value;
            }
        }
        throw new InvalidDataException("A number is too long.");
    }
}
