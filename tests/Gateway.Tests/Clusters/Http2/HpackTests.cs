using System.Text;
using Gateway.Clusters.Http1;
using Gateway.Clusters.Http2;

namespace Gateway.Tests.Clusters.Http2;

public sealed class HpackTests
{
    private const int NoLimit = 1 << 24;

    private static readonly string[] Names = ["date", "x-a", "Content-Type", "authorization", "cookie", ":path", "x-long-name-of-a-header", "te", "X-Request-Id"];
    private static readonly string[] Values = ["", "a", "trailers", "application/grpc", "Mon, 21 Oct 2013 20:13:21 GMT", new('v', 200), new('w', 300), "ümläut"];

    [Fact]
    public void The_examples_of_RFC_7541_are_read()
    {
        var decoder = new HpackDecoder();

        Assert.Equal(":method: GET|:scheme: http|:path: /|:authority: www.example.com", Read(decoder, "828684418cf1e3c2e5f23a6ba0ab90f4ff"));
        Assert.Equal(":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache", Read(decoder, "828684be5886a8eb10649cbf"));
        Assert.Equal(
            ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            Read(decoder, "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"));
        Assert.Equal(
            ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
            Read(new HpackDecoder(), "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
    }

    [Fact]
    public void What_the_encoder_writes_the_decoder_reads()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var encoder = new HpackEncoder();
            var decoder = new HpackDecoder();
            for (int block = 0; block < 30; block++)
            {
                if (random.Next(10) == 0)
                    encoder.SetLimit((uint)random.Next(5000));
                (string Name, string Value)[] lines = [.. Enumerable.Range(0, random.Next(12)).Select(_ => (Names[random.Next(Names.Length)], random.Next(3) == 0 ? $"r{random.Next(100)}" : Values[random.Next(Values.Length)]))];
                encoder.Begin();
                foreach ((string name, string value) in lines)
                    encoder.Add(name, value);
                List<HeaderLine> read = [];

                Assert.Equal(HpackResult.Complete, decoder.Read(encoder.Written, read, NoLimit));
                Assert.Equal(lines.Select(line => (line.Name.ToLowerInvariant(), line.Value)), read.Select(line => (line.Name, line.Value)));
            }
        }
    }

    [Fact]
    public void Lines_that_come_again_cost_a_byte_and_secrets_are_never_kept()
    {
        var encoder = new HpackEncoder();

        int Size(string name, string value)
        {
            encoder.Begin();
            encoder.Add(name, value);
            return encoder.Written.Length;
        }

        Assert.Equal([16, 16, 1], Enumerable.Range(0, 3).Select(_ => Size("x-name", "a value")));
        Assert.Equal([9, 9, 9], Enumerable.Range(0, 3).Select(_ => Size("authorization", "secret")));
        encoder.Begin();
        encoder.Add("authorization", "secret");
        Assert.Equal(0x10, encoder.Written[0] & 0xf0);
    }

    [Fact]
    public void A_value_cannot_end_its_line()
    {
        var encoder = new HpackEncoder();
        encoder.Begin();
        encoder.Add("a", "b\r\nc\0d");
        List<HeaderLine> read = [];

        new HpackDecoder().Read(encoder.Written, read, NoLimit);

        Assert.Equal("b  c d", read.Single().Value);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_the_limit_holds()
    {
        const int Limit = 5000;
        var random = new Random(7);
        var decoder = new HpackDecoder();
        int complete = 0;
        for (int i = 0; i < 50_000; i++)
        {
            byte[] block = new byte[random.Next(60)];
            random.NextBytes(block);
            List<HeaderLine> lines = [];
            HpackResult result = decoder.Read(block, lines, Limit);
            complete += result == HpackResult.Complete ? 1 : 0;
            Assert.InRange(lines.Sum(line => line.Name.Length + line.Value.Length + 32), 0, Limit);
            if (result == HpackResult.Bad)
                decoder = new HpackDecoder();
        }

        Assert.InRange(complete, 1000, 49_000);
    }

    [Fact]
    public void A_small_block_cannot_become_a_large_list()
    {
        var decoder = new HpackDecoder();
        List<HeaderLine> lines = [];
        byte[] value = [0x40, 1, (byte)'a', 0x7f, 0x81, 0x17, .. Enumerable.Repeat((byte)'x', 3072)];

        Assert.Equal(HpackResult.TooLarge, decoder.Read([.. value, .. Enumerable.Repeat((byte)0xbe, 10_000)], lines, 80 * 1024));
        Assert.InRange(lines.Count, 1, 26);
        lines.Clear();
        Assert.Equal(HpackResult.Complete, decoder.Read([0xbe], lines, 80 * 1024));
        Assert.Equal("a", lines.Single().Name);
    }

    [Theory]
    [InlineData("7fffffffff7f")]
    [InlineData("80")]
    [InlineData("c6")]
    [InlineData("0001")]
    [InlineData("00018f")]
    [InlineData("000161823fff")]
    [InlineData("00016184ffffffff")]
    [InlineData("823fe11f")]
    public void What_breaks_the_rules_is_refused(string hex) =>
        Assert.Equal(HpackResult.Bad, new HpackDecoder().Read(Convert.FromHexString(hex), [], NoLimit));

    [Fact]
    public void Every_byte_has_a_code_of_its_own()
    {
        // What is decoded from all strings of three bytes, encoded again by brute force, is unique: no two codes overlap.
        var seen = new Dictionary<string, string>();
        byte[] target = new byte[Huffman.MaxDecoded(2)];
        for (int code = 0; code < 1 << 16; code++)
        {
            byte[] encoded = [(byte)(code >> 8), (byte)code];
            if (!Huffman.TryDecode(encoded, target, out int length))
                continue;
            string text = Encoding.Latin1.GetString(target, 0, length);
            Assert.True(seen.TryAdd(text, Convert.ToHexString(encoded)), text);
        }

        Assert.NotEmpty(seen);
    }

    private static string Read(HpackDecoder decoder, string hex)
    {
        List<HeaderLine> lines = [];
        Assert.Equal(HpackResult.Complete, decoder.Read(Convert.FromHexString(hex), lines, NoLimit));
        return string.Join('|', lines.Select(line => $"{line.Name}: {line.Value}"));
    }
}
