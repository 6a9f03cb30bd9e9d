using System.Buffers;
using System.Globalization;
using System.Text;
using Gateway.Http;
using Microsoft.Extensions.Primitives;

namespace Gateway.Forwarding.Http1;

/// <summary>
/// Writes a request's head for HTTP/1.1: names in lower case as Envoy does, several values of a name in one line. Nothing
/// that could end a line gets through, wherever it came from. One per thread; what it wrote is good until the next one.
/// </summary>
internal sealed class RequestHeadWriter
{
    private const int InitialBytes = 16 * 1024;

    private static readonly SearchValues<char> EndsLine = SearchValues.Create("\r\n\0");

    [ThreadStatic]
    private static RequestHeadWriter? _current;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(InitialBytes, pinned: true);
    private int _length;

    /// <summary>The calling thread's.</summary>
    public static RequestHeadWriter Current => _current ??= new RequestHeadWriter();

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Writes the head of a request.</summary>
    /// <param name="request">With its final headers, authority and path.</param>
    /// <param name="chunked">Whether the body goes out in chunks.</param>
    public void Write(RequestContext request, bool chunked)
    {
        _length = 0;
        WriteAscii(request.Method);
        WriteByte((byte)' ');
        WriteTarget(request.Path);
        WriteTarget(request.Query);
        WriteBytes(" HTTP/1.1\r\nhost: "u8);
        WriteValue(request.Authority);
        WriteBytes("\r\n"u8);
        RequestHeaders headers = request.Headers;
        for (int i = 0; i < headers.Count; i++)
        {
            string name = headers.NameAt(i);
            if (!RequestLines.IsMadeHere(name))
                WriteHeader(name, headers.ValueAt(i));
        }

        WriteFraming(request, chunked);
        WriteBytes("\r\n"u8);
    }

    /// <summary>Writes body bytes behind the head, so that both leave in one call.</summary>
    public void Append(in ReadOnlySequence<byte> data)
    {
        int count = (int)data.Length;
        data.CopyTo(Reserve(count));
        _length += count;
    }

    private void WriteFraming(RequestContext request, bool chunked)
    {
        if (chunked)
        {
            WriteBytes("transfer-encoding: chunked\r\n"u8);
            return;
        }

        // A length of 0 is said where a body is usual, so that nobody waits for one (RFC 9110 section 8.6).
        long length = request.HasBody ? request.Http.Request.ContentLength ?? 0 : 0;
        if (length == 0 && RequestLines.IsBodyUnusual(request.Method))
            return;

        WriteBytes("content-length: "u8);
        length.TryFormat(Reserve(20), out int digits, provider: CultureInfo.InvariantCulture);
        _length += digits;
        WriteBytes("\r\n"u8);
    }

    private void WriteHeader(string name, in StringValues values)
    {
        int count = values.Count;
        if (count == 0)
            return;

        if (Ascii.ToLower(name, Reserve(name.Length), out int written) != OperationStatus.Done || name.AsSpan().ContainsAny(EndsLine))
            return;

        _length += written;
        WriteBytes(": "u8);
        if (count == 1)
        {
            WriteValue(values.ToString());
        }
        else
        {
            bool isCookie = name.Equals("cookie", StringComparison.OrdinalIgnoreCase);
            for (int i = 0; i < count; i++)
            {
                if (i > 0)
                    WriteBytes(isCookie ? "; "u8 : ", "u8);
                WriteValue(values[i]);
            }
        }

        WriteBytes("\r\n"u8);
    }

    private void WriteValue(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return;

        Span<byte> target = Reserve(value.Length);
        _length += Encoding.Latin1.GetBytes(value, target);
        if (!value.AsSpan().ContainsAny(EndsLine))
            return;

        // Only configuration can have put it there; a space keeps the value in its line.
        foreach (ref byte b in target[..value.Length])
        {
            if (b is (byte)'\r' or (byte)'\n' or 0)
                b = (byte)' ';
        }
    }

    // A rewritten path can hold what the configuration's author wrote: everything but visible ASCII goes percent-encoded.
    private void WriteTarget(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            WriteAscii(text);
            return;
        }

        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            foreach (byte b in utf8[..length])
            {
                if (b is >= (byte)'!' and <= (byte)'~')
                {
                    WriteByte(b);
                    continue;
                }

                Span<byte> encoded = Reserve(3);
                encoded[0] = (byte)'%';
                b.TryFormat(encoded[1..], out _, "X2", CultureInfo.InvariantCulture);
                _length += 3;
            }
        }
    }

    private void WriteAscii(string text) => _length += Encoding.ASCII.GetBytes(text, Reserve(text.Length));

    private void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _length++;
    }

    private void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Reserve(int count)
    {
        if (_buffer.Length - _length < count)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(2 * _buffer.Length, _length + count), pinned: true);
            Written.CopyTo(larger);
            _buffer = larger;
        }

        return _buffer.AsSpan(_length);
    }
}
