using System.Text;

namespace Gateway.Http;

/// <summary>
/// Keeps the names that a Connection header lists. Kestrel overwrites the header, all its lines, with the option it
/// knows when there is exactly one such (<c>keep-alive, x-hop</c> becomes <c>keep-alive</c>), and the headers named
/// beside it would go on to the upstream. So it never sees exactly one: keep-alive, which HTTP/1.1 means anyway, is left
/// out where it stands by itself, and put beside close and upgrade, which both mean the same with it.
/// </summary>
internal sealed class ConnectionEncoding : Encoding
{
    private const string Close = "close";

    /// <summary>The one instance.</summary>
    public static ConnectionEncoding Instance { get; } = new();

    // Kestrel comes by these two, at every request that says keep-alive; the base class copies into arrays for them.

    /// <inheritdoc/>
    public override unsafe int GetCharCount(byte* bytes, int count) => Decode(new ReadOnlySpan<byte>(bytes, count)).Length;

    /// <inheritdoc/>
    public override unsafe int GetChars(byte* bytes, int byteCount, char* chars, int charCount)
    {
        string text = Decode(new ReadOnlySpan<byte>(bytes, byteCount));
        text.CopyTo(new Span<char>(chars, charCount));
        return text.Length;
    }

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => Decode(bytes.AsSpan(index, count)).Length;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
    {
        string text = Decode(bytes.AsSpan(byteIndex, byteCount));
        text.CopyTo(chars.AsSpan(charIndex));
        return text.Length;
    }

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount + HeaderNames.KeepAlive.Length + 1;

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <summary>One line's value as Kestrel is to see it.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.EqualsIgnoreCase(bytes, HeaderNames.KeepAlive))
            return "";
        if (Ascii.EqualsIgnoreCase(bytes, Close))
            return "close,keep-alive";
        string text = Latin1.GetString(bytes);
        bool keepsAlive = false;
        bool isOther = false;
        foreach (Range range in text.AsSpan().Split(','))
        {
            ReadOnlySpan<char> token = text.AsSpan(range).Trim();
            keepsAlive |= Is(token, HeaderNames.KeepAlive);
            isOther |= Is(token, Close) || Is(token, HeaderNames.Upgrade);
        }
        if (isOther == keepsAlive)
            return text;
        return isOther ? $"{text},{HeaderNames.KeepAlive}" : WithoutKeepAlive(text);
    }

    private static string WithoutKeepAlive(string text)
    {
        var rest = new StringBuilder(text.Length);
        foreach (Range range in text.AsSpan().Split(','))
        {
            ReadOnlySpan<char> token = text.AsSpan(range).Trim();
            if (!Is(token, HeaderNames.KeepAlive))
                rest.Append(rest.Length == 0 ? "" : ",").Append(token);
        }
        return rest.ToString();
    }

    private static bool Is(ReadOnlySpan<char> token, string name) => token.Equals(name, StringComparison.OrdinalIgnoreCase);
}
