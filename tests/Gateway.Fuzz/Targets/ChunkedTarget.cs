using System.Globalization;
using System.Text;
using Gateway.Clusters.Http1;

namespace Gateway.Fuzz.Targets;

/// <summary>Decodes a chunked body whole, in pieces, and by the plainest decoder there is: what ours takes, that one reads alike.</summary>
internal static class ChunkedTarget
{
    public static void Run(byte[] input)
    {
        if (input.Length < 1)
            return;
        ReadOnlySpan<byte> wire = input.AsSpan(1);
        Outcome whole = Decode(wire, [wire.Length]);
        Outcome pieces = Decode(wire, Pieces.Lengths(input[0], wire.Length));
        Check.Same(whole.Step, pieces.Step, "outcome whole and in pieces");
        Check.That(whole.Body.AsSpan().SequenceEqual(pieces.Body), "body whole and in pieces");
        if (whole.Step != ChunkedStep.End)
            return;

        Check.Same(whole.Consumed, pieces.Consumed, "end whole and in pieces");
        (byte[] body, int end) = Plainly(wire);
        Check.That(whole.Body.AsSpan().SequenceEqual(body), "the plain decoder reads the same body");
        Check.Same(end, whole.Consumed, "the plain decoder sees the same end");
    }

    private static Outcome Decode(ReadOnlySpan<byte> wire, IEnumerable<int> pieces)
    {
        using var body = new MemoryStream();
        ChunkedDecoder decoder = default;
        int start = 0, arrived = 0;
        foreach (int piece in pieces)
        {
            arrived += piece;
            ChunkedStep step;
            do
            {
                step = decoder.Step(wire[start..arrived], out int consumed, out ReadOnlySpan<byte> data);
                Check.That(consumed >= data.Length && consumed <= arrived - start, "no more is consumed than there is");
                Check.That(step == ChunkedStep.Data || data.IsEmpty, "data comes with its step");
                start += consumed;
                body.Write(data);
            }
            while (step == ChunkedStep.Data);
            if (step != ChunkedStep.NeedMore)
                return new Outcome(step, start, body.ToArray());
            Check.Same(arrived, start, "all is consumed before more is asked for");
        }

        return new Outcome(ChunkedStep.NeedMore, start, body.ToArray());
    }

    // RFC 9112 section 7.1.3 word for word.
    private static (byte[] Body, int End) Plainly(ReadOnlySpan<byte> wire)
    {
        using var body = new MemoryStream();
        int at = 0;
        while (true)
        {
            string line = Line(wire, ref at);
            string digits = line.Split(';', ' ', '\t')[0];
            int size = int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            string extensions = line[digits.Length..].TrimStart(' ', '\t');
            Check.That(extensions.Length == 0 || extensions[0] == ';', "behind the size stand extensions alone");
            if (size == 0)
                break;
            body.Write(wire.Slice(at, size));
            at += size;
            Check.Same("", Line(wire, ref at), "line after data");
        }

        while (Line(wire, ref at).Length > 0)
        {
        }

        return (body.ToArray(), at);
    }

    private static string Line(ReadOnlySpan<byte> wire, ref int at)
    {
        int length = wire[at..].IndexOf((byte)'\n');
        Check.That(length > 0 && wire[at + length - 1] == '\r', "lines end in CR LF");
        string line = Encoding.Latin1.GetString(wire.Slice(at, length - 1));
        Check.That(!line.Contains('\r', StringComparison.Ordinal), "no bare CR");
        at += length + 1;
        return line;
    }

    private readonly record struct Outcome(ChunkedStep Step, int Consumed, byte[] Body);
}
