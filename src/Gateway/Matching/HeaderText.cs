using System.Buffers;
using System.Text;

namespace Gateway.Matching;

/// <summary>
/// Header values have no encoding: the server and the client carry their bytes, one char each. Configuration and people
/// have text, and mean its UTF-8.
/// </summary>
internal static class HeaderText
{
    private const int MaxOnStack = 256;

    /// <summary>Text as it stands in a header.</summary>
    public static string ToWire(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>A header's value as text, for people; what is not UTF-8 becomes U+FFFD.</summary>
    public static string FromWire(string value) => Ascii.IsValid(value) ? value : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value));

    /// <summary>Whether a header's value matches. Character classes and dots of an expression mean characters, not bytes.</summary>
    public static bool IsMatch(StringMatcher matcher, string? value)
    {
        if (matcher.Kind == StringMatchKind.Present || Ascii.IsValid(value))
            return matcher.IsMatch(value);
        int length = value!.Length;
        byte[]? rentedBytes = length > MaxOnStack ? ArrayPool<byte>.Shared.Rent(length) : null;
        char[]? rentedChars = length > MaxOnStack ? ArrayPool<char>.Shared.Rent(length) : null;
        Span<byte> bytes = rentedBytes ?? stackalloc byte[MaxOnStack];
        Span<char> chars = rentedChars ?? stackalloc char[MaxOnStack];
        bytes = bytes[..Encoding.Latin1.GetBytes(value, bytes)];
        // UTF-8 never decodes to more chars than it has bytes.
        bool isMatch = matcher.IsMatch(chars[..Encoding.UTF8.GetChars(bytes, chars)]);
        if (rentedBytes is not null)
            ArrayPool<byte>.Shared.Return(rentedBytes);
        if (rentedChars is not null)
            ArrayPool<char>.Shared.Return(rentedChars);
        return isMatch;
    }
}
