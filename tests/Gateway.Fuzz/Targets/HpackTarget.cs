using System.Text;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// Header blocks of one connection, each behind its length. Read twice, by two decoders, they are the same lines; written
/// by our encoder and read again they are so too.
/// </summary>
internal static class HpackTarget
{
    private const int MaxListBytes = 16 * 1024;

    public static void Run(byte[] input)
    {
        var one = new HpackDecoder();
        var other = new HpackDecoder();
        var encoder = new HpackEncoder();
        var reader = new HpackDecoder();
        for (ReadOnlySpan<byte> rest = input; rest.Length > 1;)
        {
            int length = Math.Min(((rest[0] & 3) << 8) | rest[1], rest.Length - 2);
            if ((rest[0] & 0x80) != 0)
                encoder.SetLimit((uint)(rest[0] & 0x7c) << 6);
            ReadOnlySpan<byte> block = rest.Slice(2, length);
            rest = rest[(2 + length)..];

            List<HeaderLine> lines = [], again = [];
            HpackResult result = one.Read(block, lines, MaxListBytes);
            Check.Same(result, other.Read(block, again, MaxListBytes), "result of two decoders");
            Check.Same(Text(lines), Text(again), "lines of two decoders");
            Check.That(lines.Sum(line => line.Name.Length + line.Value.Length + 32) <= MaxListBytes, "no more lines than allowed");
            if (result == HpackResult.Bad)
                return;
            if (result == HpackResult.Complete)
                RoundTrip(encoder, reader, lines);
        }
    }

    private static void RoundTrip(HpackEncoder encoder, HpackDecoder reader, List<HeaderLine> lines)
    {
        encoder.Begin();
        List<HeaderLine> written = lines.FindAll(line => line.Kind is not (HeaderKind.Invalid or HeaderKind.Pseudo));
        foreach (HeaderLine line in written)
            encoder.Add(line.Name, line.Value);
        List<HeaderLine> read = [];
        Check.Same(HpackResult.Complete, reader.Read(encoder.Written, read, int.MaxValue), "what we write can be read");
        Check.Same(Text(written), Text(read), "what we write is what is read");
    }

    private static string Text(List<HeaderLine> lines)
    {
        var text = new StringBuilder();
        foreach (HeaderLine line in lines)
            text.Append(line.Name).Append('=').Append(line.Value).Append('#').Append(line.Kind).Append('\n');
        return text.ToString();
    }
}
