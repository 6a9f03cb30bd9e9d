using System.Buffers;
using Gateway.Config.Model;

namespace Gateway.Http;

/// <summary>
/// Brings the path of a request target to one form, once: matching, authorization and the upstream all see the result.
/// Pure; safe for all threads.
/// </summary>
/// <remarks>
/// The order is Envoy's: cut the fragment; with DECODE_AND_MERGE_SLASHES decode escaped slashes; canonicalize (dot
/// segments, backslashes, escapes of letters, digits, <c>-</c>, <c>.</c>, <c>_</c>); merge slashes. The query is left alone.
/// </remarks>
internal static class PathNormalizer
{
    private const int StackLimit = 512;

    /// <summary>Characters that stand for themselves in a canonical path.</summary>
    private static readonly SearchValues<char> Unchanged =
        SearchValues.Create("!$&'()*+,-/0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz|~");

    /// <summary>Splits a raw request target into normalized path and query.</summary>
    /// <param name="rawTarget">The target as received, in origin form; bytes above 127 as chars of the same value.</param>
    /// <param name="type">MeshConfig's <c>pathNormalization</c>.</param>
    /// <param name="path">The path; the very string given when nothing changes and there is no query.</param>
    /// <param name="query">The query with its <c>?</c>; empty if there is none.</param>
    /// <returns>False = the path cannot be normalized (<c>%00</c>): the request gets 400.</returns>
    public static bool TryNormalize(string rawTarget, PathNormalizationType type, out string path, out string query)
    {
        int end = rawTarget.AsSpan().IndexOf('#');
        if (end < 0)
            end = rawTarget.Length;
        int question = rawTarget.AsSpan(0, end).IndexOf('?');
        query = question < 0 ? "" : rawTarget[question..end];
        int length = question < 0 ? end : question;
        ReadOnlySpan<char> raw = rawTarget.AsSpan(0, length);

        if (type == PathNormalizationType.None || !raw.StartsWith('/') || IsCanonical(raw, type))
        {
            path = length == rawTarget.Length ? rawTarget : rawTarget[..length];
            return true;
        }
        return TryRewrite(raw, type, out path);
    }

    /// <summary>The common case, decided in one pass: nothing in the path would change.</summary>
    private static bool IsCanonical(ReadOnlySpan<char> path, PathNormalizationType type)
    {
        bool mergesSlashes = MergesSlashes(type);
        ReadOnlySpan<char> rest = path;
        while (true)
        {
            int stop = rest.IndexOfAnyExcept(Unchanged);
            if (stop < 0)
                break;
            // A dot matters only at the beginning of a segment; what else is unusual takes the long way.
            if (rest[stop] != '.' || stop == 0 || rest[stop - 1] == '/')
                return false;
            rest = rest[(stop + 1)..];
            if (rest.StartsWith('.'))
                return false;
        }
        return !mergesSlashes || path.IndexOf("//") < 0;
    }

    private static bool TryRewrite(ReadOnlySpan<char> raw, PathNormalizationType type, out string path)
    {
        // Escaping triples a character at worst.
        int capacity = raw.Length * 3;
        char[]? rentedInput = null;
        char[]? rentedOutput = null;
        Span<char> output = capacity <= StackLimit ? stackalloc char[StackLimit] : rentedOutput = ArrayPool<char>.Shared.Rent(capacity);
        if (type == PathNormalizationType.DecodeAndMergeSlashes && raw.Contains('%'))
        {
            Span<char> decoded = rentedInput = ArrayPool<char>.Shared.Rent(raw.Length);
            raw = decoded[..DecodeSlashes(raw, decoded)];
        }
        int written = Canonicalize(raw, output);
        if (written >= 0 && MergesSlashes(type))
            written = MergeSlashes(output[..written]);
        path = written < 0 ? "" : output[..written].ToString();
        if (rentedInput is not null)
            ArrayPool<char>.Shared.Return(rentedInput);
        if (rentedOutput is not null)
            ArrayPool<char>.Shared.Return(rentedOutput);
        return written >= 0;
    }

    /// <summary>Turns <c>%2F</c> and <c>%5C</c> into <c>/</c> and <c>\</c>.</summary>
    private static int DecodeSlashes(ReadOnlySpan<char> input, Span<char> output)
    {
        int written = 0;
        for (int i = 0; i < input.Length; i++)
        {
            if (TryReadEscape(input, i, out int value) && value is '/' or '\\')
            {
                output[written++] = (char)value;
                i += 2;
            }
            else
            {
                output[written++] = input[i];
            }
        }
        return written;
    }

    /// <summary>Writes the canonical path; -1 = it holds a NUL.</summary>
    private static int Canonicalize(ReadOnlySpan<char> input, Span<char> output)
    {
        int written = 0;
        for (int i = 0; i < input.Length;)
        {
            char c = input[i];
            int dot = DotLength(input, i);
            if (dot > 0)
            {
                i = WriteDot(input, i, dot, output, ref written);
                continue;
            }
            if (c == '\\')
            {
                output[written++] = '/';
                i++;
            }
            else if (c == '%')
            {
                if (!TryReadEscape(input, i, out int value))
                {
                    output[written++] = '%';
                    i++;
                    continue;
                }
                if (value == 0)
                    return -1;
                if (IsUnescaped(value))
                {
                    output[written++] = (char)value;
                    ProtectFromNewEscape(input, i + 3, output, ref written);
                }
                else
                {
                    input.Slice(i, 3).CopyTo(output[written..]);
                    written += 3;
                }
                i += 3;
            }
            else if (c == 0)
            {
                return -1;
            }
            else
            {
                written += WriteRaw(c, output[written..]);
                i++;
            }
        }
        return written;
    }

    /// <summary>
    /// An unescaped character must not complete an escape with a stray percent sign before it (<c>%%300</c> would become
    /// <c>%00</c>): the sign is then escaped itself.
    /// </summary>
    private static void ProtectFromNewEscape(ReadOnlySpan<char> input, int next, Span<char> output, ref int written)
    {
        char last = output[written - 1];
        if (!char.IsAsciiHexDigit(last))
            return;
        if (written >= 3 && output[written - 3] == '%' && char.IsAsciiHexDigit(output[written - 2]))
        {
            char first = output[written - 2];
            "25".CopyTo(output[(written - 2)..]);
            output[written] = first;
            output[written + 1] = last;
            written += 2;
        }
        else if (written >= 2 && output[written - 2] == '%' && next < input.Length && char.IsAsciiHexDigit(input[next]))
        {
            "25".CopyTo(output[(written - 1)..]);
            output[written + 1] = last;
            written += 2;
        }
    }

    /// <summary>A dot, or a dot segment when it begins one; the position after what was read.</summary>
    private static int WriteDot(ReadOnlySpan<char> input, int start, int dotLength, Span<char> output, ref int written)
    {
        int after = start + dotLength;
        if (written == 0 || output[written - 1] != '/')
        {
            output[written++] = '.';
            return after;
        }
        if (after == input.Length)
            return after;
        if (IsSlash(input[after]))
            return after + 1;
        int second = DotLength(input, after);
        int afterSecond = after + second;
        if (second > 0 && (afterSecond == input.Length || IsSlash(input[afterSecond])))
        {
            written = ParentOf(output[..written]);
            return Math.Min(afterSecond + 1, input.Length);
        }
        output[written++] = '.';
        return after;
    }

    /// <summary>The length of a path that ends in a slash without its last segment; the root stays.</summary>
    private static int ParentOf(ReadOnlySpan<char> path) => path.Length <= 1 ? path.Length : path[..^1].LastIndexOf('/') + 1;

    private static int WriteRaw(char c, Span<char> output)
    {
        if (Unchanged.Contains(c) || c > 0xFF)
        {
            output[0] = c;
            return 1;
        }
        output[0] = '%';
        output[1] = HexDigit(c >> 4);
        output[2] = HexDigit(c & 0xF);
        return 3;
    }

    private static int MergeSlashes(Span<char> path)
    {
        int written = 0;
        for (int i = 0; i < path.Length; i++)
        {
            if (path[i] != '/' || written == 0 || path[written - 1] != '/')
                path[written++] = path[i];
        }
        return written;
    }

    private static int DotLength(ReadOnlySpan<char> input, int i)
    {
        if (i >= input.Length)
            return 0;
        if (input[i] == '.')
            return 1;
        return TryReadEscape(input, i, out int value) && value == '.' ? 3 : 0;
    }

    private static bool TryReadEscape(ReadOnlySpan<char> input, int i, out int value)
    {
        value = 0;
        if (i + 2 >= input.Length || input[i] != '%' || !char.IsAsciiHexDigit(input[i + 1]) || !char.IsAsciiHexDigit(input[i + 2]))
            return false;
        value = (HexValue(input[i + 1]) << 4) | HexValue(input[i + 2]);
        return true;
    }

    private static int HexValue(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);

    private static bool IsSlash(char c) => c is '/' or '\\';

    private static bool IsUnescaped(int value) => value is '-' or '_' || char.IsAsciiLetterOrDigit((char)value);

    private static bool MergesSlashes(PathNormalizationType type) =>
        type is PathNormalizationType.MergeSlashes or PathNormalizationType.DecodeAndMergeSlashes;
}
