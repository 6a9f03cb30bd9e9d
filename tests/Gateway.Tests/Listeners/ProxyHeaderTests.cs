using System.Buffers.Binary;
using System.Net;
using System.Text;
using Gateway.Listeners;

namespace Gateway.Tests.Listeners;

public sealed class ProxyHeaderTests
{
    private static readonly byte[] Signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n", "192.0.2.1:1234", "198.51.100.2:443")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1", "[2001:db8::2]:65535")]
    [InlineData("PROXY UNKNOWN\r\n", null, null)]
    [InlineData("PROXY UNKNOWN whatever it says\r\n", null, null)]
    public void A_line_says_who_connects(string text, string? source, string? destination)
    {
        Assert.Equal(ProxyHeaderStatus.Found, ProxyHeader.Parse(Encoding.ASCII.GetBytes(text + "GET /"), out ProxyHeader? header, out int length));
        Assert.Equal((source, destination, text.Length), (header!.Source?.ToString(), header.Destination?.ToString(), length));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234 70000\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n")]
    [InlineData("PROXY TCP4 1 198.51.100.2 1 2\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n")]
    [InlineData("PROXY SCTP 192.0.2.1 198.51.100.2 1 2\r\n")]
    public void Anything_else_is_malformed(string text) =>
        Assert.Equal(ProxyHeaderStatus.Malformed, ProxyHeader.Parse(Encoding.ASCII.GetBytes(text), out _, out _));

    [Fact]
    public void A_line_without_an_end_is_not_waited_for_beyond_its_limit()
    {
        byte[] line = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));

        Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeader.Parse(line.AsSpan(0, 106), out _, out _));
        Assert.Equal(ProxyHeaderStatus.Malformed, ProxyHeader.Parse(line.AsSpan(0, 107), out _, out _));
    }

    [Fact]
    public void A_binary_header_is_the_same_whatever_follows_its_addresses()
    {
        var random = new Random(1);
        for (int round = 0; round < 500; round++)
        {
            bool isV6 = random.Next(2) == 0;
            byte[] source = new byte[isV6 ? 16 : 4];
            byte[] destination = new byte[source.Length];
            byte[] extra = new byte[random.Next(64)];
            random.NextBytes(source);
            random.NextBytes(destination);
            random.NextBytes(extra);
            byte[] bytes = Binary(0x21, isV6 ? (byte)0x21 : (byte)0x11, [.. source, .. destination, .. Port(round), .. Port(443), .. extra]);

            // Whatever piece of it has come, it is waited for; complete, it is read.
            Assert.Equal(ProxyHeaderStatus.NeedMore, ProxyHeader.Parse(bytes.AsSpan(0, random.Next(bytes.Length)), out _, out _));
            Assert.Equal(ProxyHeaderStatus.Found, ProxyHeader.Parse([.. bytes, 1, 2, 3], out ProxyHeader? header, out int length));
            Assert.Equal((new IPEndPoint(new IPAddress(source), round), bytes.Length), (header!.Source, length));
        }
    }

    [Fact]
    public void A_load_balancer_may_speak_for_itself()
    {
        Assert.Equal(ProxyHeaderStatus.Found, ProxyHeader.Parse(Binary(0x20, 0, []), out ProxyHeader? header, out int length));
        Assert.Equal((null, 16), (header!.Source, length));
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 12)]
    [InlineData(0x21, 0x11, 5000)]
    public void Bad_versions_commands_and_lengths_are_malformed(byte command, byte family, int length) =>
        Assert.Equal(ProxyHeaderStatus.Malformed, ProxyHeader.Parse(Binary(command, family, new byte[length]), out _, out _));

    [Fact]
    public void Random_bytes_never_throw_and_are_never_read_beyond_their_end()
    {
        var random = new Random(2);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            byte[] start = random.Next(3) switch { 0 => Signature, 1 => "PROXY TCP4 "u8.ToArray(), _ => [] };
            byte[] all = [.. start, .. bytes];
            if (ProxyHeader.Parse(all, out ProxyHeader? header, out int length) == ProxyHeaderStatus.Found)
                Assert.True(header is not null && length <= all.Length);
        }
    }

    private static byte[] Port(int port)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)port);
        return bytes;
    }

    private static byte[] Binary(byte command, byte family, byte[] rest) => [.. Signature, command, family, .. Port(rest.Length), .. rest];
}
