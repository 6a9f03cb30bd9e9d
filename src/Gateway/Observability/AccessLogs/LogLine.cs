using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Gateway.Observability.AccessLogs;

/// <summary>
/// One line being written, in a pooled buffer. Text of clients is escaped so that it can end neither its line nor its
/// quotes. A line never grows beyond <see cref="MaxBytes"/>; the rest of it is cut.
/// </summary>
internal ref struct LogLine
{
    /// <summary>Longest line: above the largest header block that is accepted.</summary>
    public const int MaxBytes = 128 * 1024;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private byte[] _buffer;
    private int _length;

    /// <summary>Rents a buffer.</summary>
    public LogLine() => _buffer = ArrayPool<byte>.Shared.Rent(1024);

    /// <summary>What was written.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Copies bytes.</summary>
    public void Append(scoped ReadOnlySpan<byte> bytes)
    {
        if (!Reserve(bytes.Length))
            return;
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Writes a number.</summary>
    public void Append(long number)
    {
        if (Reserve(20) && Utf8Formatter.TryFormat(number, _buffer.AsSpan(_length), out int written))
            _length += written;
    }

    /// <summary>Writes text of unknown origin as UTF-8, escaped for a log line or for a JSON string.</summary>
    public void AppendEscaped(scoped ReadOnlySpan<char> text, bool json)
    {
        while (!text.IsEmpty)
        {
            int special = text.IndexOfAnyExcept(Plain);
            int run = special < 0 ? text.Length : special;
            AppendAscii(text[..run]);
            text = text[run..];
            if (text.IsEmpty)
                return;
            // A lone surrogate decodes to the replacement character.
            Rune.DecodeFromUtf16(text, out Rune rune, out int consumed);
            AppendRune(rune, json);
            text = text[consumed..];
        }
    }

    /// <summary>Gives a line that was cut its end all the same.</summary>
    public readonly void EndCutLine()
    {
        if (_length > 0)
            _buffer[_length - 1] = (byte)'\n';
    }

    private void AppendAscii(scoped ReadOnlySpan<char> text)
    {
        if (!Reserve(text.Length))
            return;
        Ascii.FromUtf16(text, _buffer.AsSpan(_length), out int written);
        _length += written;
    }

    private void AppendRune(Rune rune, bool json)
    {
        int value = rune.Value;
        if (value is '"' or '\\')
        {
            Append([(byte)'\\', (byte)value]);
        }
        else if (value is < 0x20 or 0x7f && !json)
        {
            Append([(byte)'\\', (byte)'x', Hex(value >> 4), Hex(value)]);
        }
        else if (value is < 0x20 or (>= 0x7f and < 0xa0) or 0x2028 or 0x2029)
        {
            // C1 controls drive terminals; the two separators end a line for some readers.
            Append([(byte)'\\', (byte)'u', Hex(value >> 12), Hex(value >> 8), Hex(value >> 4), Hex(value)]);
        }
        else if (Reserve(4))
        {
            _length += rune.EncodeToUtf8(_buffer.AsSpan(_length));
        }
    }

    private static byte Hex(int digit) => "0123456789abcdef"u8[digit & 0xf];

    private bool Reserve(int bytes)
    {
        int needed = _length + bytes;
        if (needed <= _buffer.Length)
            return true;
        if (needed > MaxBytes)
            return false;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(MaxBytes, Math.Max(needed, _buffer.Length * 2)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        return true;
    }
}
