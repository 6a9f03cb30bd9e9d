using System.Buffers;
using System.Text;
using Gateway.Listeners;

namespace Gateway.Tests.Listeners;

public sealed class PrefaceSnifferTests
{
    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    [Theory]
    [InlineData("G")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PRX")]
    [InlineData("PRI * HTTP/1.1\r\n")]
    public void The_first_byte_that_differs_means_http1(string text) => Assert.Equal(Codec.Http1, Decide(text));

    [Fact]
    public void The_whole_preface_means_http2() => Assert.Equal(Codec.Http2Cleartext, Decide(Preface + "more"));

    [Fact]
    public void A_beginning_of_the_preface_needs_more()
    {
        for (int length = 0; length < Preface.Length; length++)
            Assert.Null(Decide(Preface[..length]));
    }

    private static Codec? Decide(string text) => PrefaceSniffer.Decide(new ReadOnlySequence<byte>(Encoding.ASCII.GetBytes(text)));
}
