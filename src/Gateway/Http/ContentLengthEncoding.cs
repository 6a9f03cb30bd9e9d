using System.Text;

namespace Gateway.Http;

/// <summary>
/// Lets nothing but digits pass. Kestrel reads a Content-Length as it reads any number, so <c>+5</c> is 5 to it, and other
/// servers disagree on where that message ends (RFC 9110, 8.6: digits only). It keeps the number and not the text, so
/// this is the last place where the text is seen; what it does not take for a number it answers with 400.
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    /// <summary>The one instance.</summary>
    public static ContentLengthEncoding Instance { get; } = new();

    /// <inheritdoc/>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        // Kestrel's buffer is longer than any number it takes; what does not fit is refused by its length.
        int length = Math.Min(bytes.Length, chars.Length);
        for (int i = 0; i < length; i++)
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : '?';
        return length;
    }

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);
}
