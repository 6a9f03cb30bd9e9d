using System.Globalization;

namespace Gateway.Clusters.Http1;

/// <summary>How the end of a body is known.</summary>
internal enum BodyFraming
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>By its length.</summary>
    Length,

    /// <summary>By its chunks.</summary>
    Chunked,

    /// <summary>By the end of the connection.</summary>
    Close,
}

/// <summary>
/// The head of a response, read strictly: whatever two parsers could understand differently is refused, since what is
/// taken for the end of this response is taken for the beginning of the next one, which may be another client's. Reused.
/// </summary>
internal sealed class ResponseHead
{
    private readonly List<HeaderLine> _lines = new(16);

    /// <summary>Status, 100 to 999.</summary>
    public int Status { get; private set; }

    /// <summary>The text after the status; null = the usual one, or none.</summary>
    public string? Reason { get; private set; }

    /// <summary>How the body ends.</summary>
    public BodyFraming Framing { get; private set; }

    /// <summary>Length of the body when it is known; else -1.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Whether the connection can carry another request.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>All header lines in order.</summary>
    public List<HeaderLine> Lines => _lines;

    /// <summary>Whether a head can begin so: what is not HTTP is told at once and not waited for.</summary>
    public static bool CanBegin(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> version = "HTTP/1."u8;
        int length = Math.Min(bytes.Length, version.Length);
        return bytes[..length].SequenceEqual(version[..length]);
    }

    /// <summary>Reads a complete head.</summary>
    /// <param name="head">From the status line to the empty line, every line ended by CR LF (<see cref="HeadScanner"/>).</param>
    /// <param name="isHead">Whether the request was HEAD.</param>
    /// <returns>False = it is refused.</returns>
    public bool TryRead(ReadOnlySpan<byte> head, bool isHead)
    {
        _lines.Clear();
        ContentLength = -1;
        if (!TryReadStatus(Line(ref head), out bool isHttp10))
            return false;

        HeaderLineCache cache = HeaderLineCache.Current;
        bool chunked = false;
        bool close = isHttp10;
        while (true)
        {
            ReadOnlySpan<byte> bytes = Line(ref head);
            if (bytes.IsEmpty)
                break;

            if (cache.Read(bytes) is not { } line)
                return false;

            _lines.Add(line);
            switch (line.Kind)
            {
                case HeaderKind.ContentLength:
                    if (ContentLength >= 0 || !TryReadLength(line.Value, out long length))
                        return false;
                    ContentLength = length;
                    break;
                case HeaderKind.TransferEncoding:
                    if (chunked || isHttp10 || !line.Value.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                        return false;
                    chunked = true;
                    break;
                case HeaderKind.Connection:
                    close |= HasToken(line.Value, "close");
                    break;
            }
        }

        if (chunked && ContentLength >= 0)
            return false;

        SetFraming(isHead, chunked);
        // A body that may not be there, announced: what follows could be it.
        bool announcedInVain = Framing == BodyFraming.None && !isHead && Status != 304 && (chunked || ContentLength > 0);
        KeepAlive = !close && Framing != BodyFraming.Close && !announcedInVain;
        return true;
    }

    private static ReadOnlySpan<byte> Line(ref ReadOnlySpan<byte> head)
    {
        int end = head.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = head[..(end - 1)];
        head = head[(end + 1)..];
        return line;
    }

    private bool TryReadStatus(ReadOnlySpan<byte> line, out bool isHttp10)
    {
        isHttp10 = false;
        if (line.Length < 12 || !line.StartsWith("HTTP/1."u8) || line[8] != (byte)' ')
            return false;

        isHttp10 = line[7] == (byte)'0';
        if (!isHttp10 && line[7] != (byte)'1')
            return false;

        int status = 0;
        foreach (byte digit in line.Slice(9, 3))
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            status = (status * 10) + digit - '0';
        }

        if (status < 100 || (line.Length > 12 && line[12] != (byte)' '))
            return false;

        Status = status;
        return TryReadReason(line.Length > 13 ? line[13..] : default);
    }

    private bool TryReadReason(ReadOnlySpan<byte> reason)
    {
        Reason = null;
        if (reason.IsEmpty || System.Text.Ascii.Equals(reason, Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(Status)))
            return true;

        foreach (byte b in reason)
        {
            if (b is < 0x20 and not (byte)'\t' or 0x7f)
                return false;
        }

        Reason = System.Text.Encoding.Latin1.GetString(reason);
        return true;
    }

    private void SetFraming(bool isHead, bool chunked)
    {
        if (isHead || Status is < 200 or 204 or 304)
            Framing = BodyFraming.None;
        else if (chunked)
            Framing = BodyFraming.Chunked;
        else if (ContentLength >= 0)
            Framing = ContentLength == 0 ? BodyFraming.None : BodyFraming.Length;
        else
            Framing = BodyFraming.Close;
    }

    // Digits only: no sign, no list, no white space within.
    private static bool TryReadLength(string value, out long length) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out length);

    private static bool HasToken(string list, string token)
    {
        foreach (Range range in list.AsSpan().Split(','))
        {
            if (list.AsSpan(range).Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
