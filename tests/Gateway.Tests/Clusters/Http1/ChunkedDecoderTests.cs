using System.Text;
using Gateway.Clusters.Http1;

namespace Gateway.Tests.Clusters.Http1;

public sealed class ChunkedDecoderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n00006\r\n world\r\n0\r\n\r\n", "hello world")]
    [InlineData("A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n\r\n", "0123456789abcdefghij")]
    [InlineData("5;name=value\r\nhello\r\n0;x\r\n\r\n", "hello")]
    [InlineData("5 \t;a\r\nhello\r\n0 \r\n\r\n", "hello")]
    [InlineData("5 ;a=\"b\"\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "hello")]
    [InlineData("2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    public void A_body_is_found_however_it_is_split(string wire, string body)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(wire + "NEXT");
        for (int step = 1; step <= bytes.Length; step++)
        {
            (ChunkedStep end, string decoded, int consumed) = Decode(bytes, step);
            Assert.Equal((ChunkedStep.End, body, wire.Length), (end, decoded, consumed));
        }
    }

    [Theory]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n\n")]
    [InlineData("-5\r\nhello\r\n")]
    [InlineData("+5\r\nhello\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData(" 5\r\nhello\r\n")]
    [InlineData("\r\n5\r\nhello\r\n")]
    [InlineData(";a\r\n")]
    [InlineData("5 x\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\nb\r\nhello\r\n")]
    [InlineData("5;\u0001\r\nhello\r\n")]
    [InlineData("fffffffffffffffff\r\n")]
    [InlineData("5\r\rhello\r\n")]
    [InlineData("0\r\nA: b\nC: d\r\n\r\n")]
    public void What_could_be_read_in_two_ways_is_refused(string wire)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(wire);
        for (int step = 1; step <= bytes.Length; step++)
            Assert.Equal(ChunkedStep.Bad, Decode(bytes, step).End);
    }

    [Theory]
    [InlineData("0\r\n", 'a', 20_000)]
    [InlineData("5;", 'a', 2_000)]
    [InlineData("5", ' ', 2_000)]
    public void Extensions_and_trailers_have_limits(string start, char filler, int count) =>
        Assert.Equal(ChunkedStep.Bad, Decode(Encoding.ASCII.GetBytes(start + new string(filler, count)), 64).End);

    private static (ChunkedStep End, string Body, int Consumed) Decode(byte[] wire, int step)
    {
        ChunkedDecoder decoder = default;
        var body = new StringBuilder();
        int start = 0, available = 0;
        ChunkedStep result = ChunkedStep.NeedMore;
        while (result is ChunkedStep.NeedMore or ChunkedStep.Data)
        {
            if (result == ChunkedStep.NeedMore)
            {
                if (available == wire.Length)
                    break;
                available = Math.Min(wire.Length, available + step);
            }

            result = decoder.Step(wire.AsSpan(start, available - start), out int consumed, out ReadOnlySpan<byte> data);
            body.Append(Encoding.ASCII.GetString(data));
            start += consumed;
        }

        return (result, body.ToString(), start);
    }
}
