using System.Buffers;
using System.Text;

namespace Gateway.Http.Filters.ExtAuthz;

/// <summary>Writes a message of protocol buffers, field by field. A field with its default value is left out, as proto3 has it.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    /// <summary>A number.</summary>
    public void Number(int field, ulong value)
    {
        if (value == 0)
            return;
        Varint((ulong)field << 3);
        Varint(value);
    }

    /// <summary>A text.</summary>
    public void Text(int field, string value)
    {
        if (value.Length > 0)
            Bytes(field, Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Bytes, or a message.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    /// <summary>A message inside this one.</summary>
    public void Message(int field, Action<ProtoWriter> write)
    {
        var inner = new ProtoWriter();
        write(inner);
        Bytes(field, inner.Written);
    }

    private void Varint(ulong value)
    {
        Span<byte> bytes = _bytes.GetSpan(10);
        int count = 0;
        while (value >= 0x80)
        {
            bytes[count++] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[count++] = (byte)value;
        _bytes.Advance(count);
    }
}
