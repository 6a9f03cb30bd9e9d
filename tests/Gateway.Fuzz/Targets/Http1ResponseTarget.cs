using System.Buffers;
using System.Text;
using Gateway.Clusters.Http1;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// Reads a backend's bytes as responses to one request: interim heads, the final one, its body. Whole and in pieces it
/// comes to the same, and what is taken holds nothing that another parser could read as something else.
/// </summary>
internal static class Http1ResponseTarget
{
    private const int MaxInterim = 16;
    private static readonly SearchValues<char> NotInNames = SearchValues.Create(" \t:\r\n\0");

    public static void Run(byte[] input)
    {
        if (input.Length < 2)
            return;
        bool isHead = (input[1] & 1) != 0;
        ReadOnlySpan<byte> wire = input.AsSpan(2);
        string whole = Read(wire, [wire.Length], isHead);
        Check.Same(whole, Read(wire, Pieces.Lengths(input[0], wire.Length), isHead), "whole and in pieces");
    }

    private static string Read(ReadOnlySpan<byte> wire, IEnumerable<int> pieces, bool isHead)
    {
        var story = new StringBuilder();
        var head = new ResponseHead();
        HeadScanner scanner = default;
        int start = 0, arrived = 0, interim = 0;
        foreach (int piece in pieces)
        {
            arrived += piece;
            while (true)
            {
                switch (scanner.Scan(wire[start..arrived], out int length))
                {
                    case HeadScan.Incomplete:
                        break;
                    case HeadScan.Bad:
                        return story.Append("bad lines").ToString();
                    default:
                        if (!head.TryRead(wire.Slice(start, length), isHead))
                            return story.Append("refused").ToString();
                        CheckHead(head, wire.Slice(start, length), isHead);
                        Tell(story, head);
                        start += length;
                        scanner = default;
                        if (head.Status >= 200)
                            return story.Append(Body(wire[start..], head)).ToString();
                        if (++interim > MaxInterim)
                            return story.Append("too many").ToString();
                        continue;
                }

                break;
            }
        }

        return story.Append("incomplete").ToString();
    }

    private static string Body(ReadOnlySpan<byte> rest, ResponseHead head)
    {
        switch (head.Framing)
        {
            case BodyFraming.Length:
                return $"{Math.Min(rest.Length, head.ContentLength)} bytes";
            case BodyFraming.Chunked:
                long bytes = 0;
                ChunkedDecoder decoder = default;
                while (true)
                {
                    ChunkedStep step = decoder.Step(rest, out int consumed, out ReadOnlySpan<byte> data);
                    bytes += data.Length;
                    rest = rest[consumed..];
                    if (step != ChunkedStep.Data)
                        return $"{step} after {bytes} bytes, {rest.Length} left";
                }

            default:
                return head.Framing.ToString();
        }
    }

    private static void Tell(StringBuilder story, ResponseHead head)
    {
        story.Append(head.Status).Append('|').Append(head.Reason).Append('|').Append(head.Framing).Append('|').Append(head.ContentLength).Append('|').Append(head.KeepAlive).Append('\n');
        foreach (HeaderLine line in head.Lines)
            story.Append(line.Name).Append('=').Append(line.Value).Append('#').Append(line.Kind).Append('\n');
    }

    private static void CheckHead(ResponseHead head, ReadOnlySpan<byte> wire, bool isHead)
    {
        Check.That(head.Status is >= 100 and <= 999, "the status has three digits");
        int lengths = 0, codings = 0;
        foreach (HeaderLine line in head.Lines)
        {
            Check.That(line.Name.Length > 0 && !line.Name.AsSpan().ContainsAny(NotInNames), "names are tokens");
            Check.That(!line.Value.AsSpan().ContainsAny("\r\n\0") && line.Value.Trim(' ', '\t') == line.Value, "values are one line");
            Check.Same(HeaderLine.KindOf(line.Name), line.Kind, "kind");
            lengths += line.Kind == HeaderKind.ContentLength ? 1 : 0;
            codings += line.Kind == HeaderKind.TransferEncoding ? 1 : 0;
        }

        Check.That(lengths + codings <= 1, "one statement of the framing");
        Check.That(!isHead || head.Framing == BodyFraming.None, "the answer to HEAD has no body");
        Check.That(head.Framing != BodyFraming.Close || !head.KeepAlive, "what ends with the connection ends it");
        // The lines on the wire, one by one, are the lines read: none is swallowed, none made up.
        Check.Same(wire.Count((byte)'\n') - 2, head.Lines.Count, "lines");
    }
}
