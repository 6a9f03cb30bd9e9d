using System.Text;
using Gateway.Clusters.Http1;

namespace Gateway.Tests.Clusters.Http1;

public sealed class ResponseHeadTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, nameof(BodyFraming.Length), true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\n", 200, nameof(BodyFraming.Length), true)]
    [InlineData("HTTP/1.1 200 \r\ncontent-length:1\r\n\r\n", 200, nameof(BodyFraming.Length), true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", 200, nameof(BodyFraming.Chunked), true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", 200, nameof(BodyFraming.Close), false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", 200, nameof(BodyFraming.Length), false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 3\r\n\r\n", 200, nameof(BodyFraming.Length), false)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, nameof(BodyFraming.None), false)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", 100, nameof(BodyFraming.None), true)]
    [InlineData("HTTP/1.1 999 Odd\r\nContent-Length: 1\r\n\r\n", 999, nameof(BodyFraming.Length), true)]
    public void A_head_tells_where_its_body_ends(string text, int status, string framing, bool keepAlive)
    {
        var head = new ResponseHead();

        Assert.True(head.TryRead(Encoding.Latin1.GetBytes(text), isHead: false));
        Assert.Equal((status, framing, keepAlive), (head.Status, head.Framing.ToString(), head.KeepAlive));
    }

    [Fact]
    public void An_answer_to_HEAD_has_no_body_whatever_it_says()
    {
        var head = new ResponseHead();

        Assert.True(head.TryRead("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"u8, isHead: true));
        Assert.Equal((BodyFraming.None, 5L, true), (head.Framing, head.ContentLength, head.KeepAlive));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n Content-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: empty\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nÄ: b\r\n\r\n")]
    [InlineData("HTTP/1.1 200 O\u0001K\r\n\r\n")]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.2 200 OK\r\n\r\n")]
    [InlineData("http/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    public void What_could_be_read_in_two_ways_is_refused(string text) =>
        Assert.False(new ResponseHead().TryRead(Encoding.Latin1.GetBytes(text), isHead: false));

    [Fact]
    public void Lines_seen_twice_share_their_strings_and_secrets_do_not_stay()
    {
        var cache = new HeaderLineCache();
        HeaderLine?[] type = [.. Enumerable.Range(0, 4).Select(_ => cache.Read("content-type: text/plain"u8))];
        HeaderLine?[] cookie = [.. Enumerable.Range(0, 4).Select(_ => cache.Read("Set-Cookie: a=b"u8))];

        Assert.Same(type[2], type[3]);
        Assert.NotSame(cookie[2], cookie[3]);
        Assert.Equal(("content-type", "text/plain", HeaderKind.ContentType), (type[0]!.Name, type[0]!.Value, type[0]!.Kind));
    }

    [Fact]
    public void The_cache_never_mixes_lines_up()
    {
        var cache = new HeaderLineCache();
        var random = new Random(5);
        for (int i = 0; i < 100_000; i++)
        {
            string name = new('a', random.Next(1, 4));
            string value = random.Next(300).ToString(System.Globalization.CultureInfo.InvariantCulture);
            HeaderLine line = cache.Read(Encoding.ASCII.GetBytes($"{name}: {value}"))!;
            Assert.Equal((name, value), (line.Name, line.Value));
        }
    }

    [Theory]
    [InlineData("a\r\nb\r\n\r\nrest", nameof(HeadScan.Complete), 8)]
    [InlineData("a\r\nb\r\n", nameof(HeadScan.Incomplete), 0)]
    [InlineData("a\r\nb\n\r\n", nameof(HeadScan.Bad), 0)]
    [InlineData("a\n\n", nameof(HeadScan.Bad), 0)]
    [InlineData("\n", nameof(HeadScan.Bad), 0)]
    [InlineData("\r\n", nameof(HeadScan.Complete), 2)]
    public void The_end_of_a_head_is_found_however_it_arrives(string text, string expected, int length)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        HeadScanner scanner = default;
        HeadScan result = HeadScan.Incomplete;
        int found = 0;
        for (int end = 1; end <= bytes.Length && result == HeadScan.Incomplete; end++)
            result = scanner.Scan(bytes.AsSpan(0, end), out found);

        HeadScanner whole = default;
        Assert.Equal((expected, length), (result.ToString(), found));
        Assert.Equal(expected, whole.Scan(bytes, out int atOnce).ToString());
        Assert.Equal(length, atOnce);
    }
}
