using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Gateway.Listeners;
using Gateway.Testing.Clients;
using Gateway.Tls;

namespace Gateway.Tests.Listeners;

public sealed class ClientHelloReaderTests
{
    [Fact]
    public async Task A_real_hello_gives_its_server_name_and_signatures()
    {
        byte[] bytes = await HelloOfSslStreamAsync("Shop.Example.com");

        Assert.Equal(ClientHelloStatus.Found, ClientHelloReader.TryParse(new ReadOnlySequence<byte>(bytes), out ClientHello hello));

        Assert.Equal("shop.example.com", hello.ServerName);
        Assert.True(hello.Ecdsa.HasFlag(EcdsaSuites.Tls13 | EcdsaSuites.Aes128Gcm));
    }

    [Fact]
    public async Task Every_beginning_of_a_hello_needs_more()
    {
        byte[] bytes = await HelloOfSslStreamAsync("a.test");

        for (int length = 0; length < bytes.Length; length++)
            Assert.Equal(ClientHelloStatus.NeedMore, ClientHelloReader.TryParse(new ReadOnlySequence<byte>(bytes, 0, length), out _));
    }

    [Fact]
    public async Task A_hello_split_over_records_is_read()
    {
        byte[] bytes = await HelloOfSslStreamAsync("split.test");
        byte[] message = bytes[5..];
        using var split = new MemoryStream();
        for (int at = 0; at < message.Length; at += 50)
        {
            int length = Math.Min(50, message.Length - at);
            split.Write([22, 3, 1, 0, (byte)length]);
            split.Write(message, at, length);
        }

        Assert.Equal(ClientHelloStatus.Found, ClientHelloReader.TryParse(new ReadOnlySequence<byte>(split.ToArray()), out ClientHello hello));

        Assert.Equal("split.test", hello.ServerName);
    }

    [Fact]
    public async Task Crumbs_are_waited_for_and_nothing_is_consumed()
    {
        byte[] bytes = await HelloOfSslStreamAsync("crumbs.test");
        var pipe = new Pipe();
        Task<ClientHello?> reading = ClientHelloReader.ReadAsync(pipe.Reader, CancellationToken.None).AsTask();
        foreach (byte b in bytes)
            await pipe.Writer.WriteAsync(new[] { b });

        Assert.Equal("crumbs.test", (await reading)!.Value.ServerName);
        ReadResult rest = await pipe.Reader.ReadAsync();
        Assert.Equal(bytes, rest.Buffer.ToArray());
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\u0016\u0002\u0000")]
    [InlineData("\u0016\u0003\u0001\u0000\u0000")]
    [InlineData("\u0016\u0003\u0001\u0000\u0005\u0002")]
    public void What_is_no_hello_is_refused_at_once(string text) =>
        Assert.Equal(ClientHelloStatus.NotTls, ClientHelloReader.TryParse(new ReadOnlySequence<byte>(text.Select(c => (byte)c).ToArray()), out _));

    [Fact]
    public void A_hello_that_claims_to_be_huge_is_refused() =>
        Assert.Equal(ClientHelloStatus.NotTls, ClientHelloReader.TryParse(new ReadOnlySequence<byte>([22, 3, 1, 64, 0, 1, 0, 255, 255]), out _));

    [Fact]
    public void A_hello_that_names_servers_twice_is_refused()
    {
        byte[] twice = new HandmadeHello { ServerName = "a.test", SecondServerName = "b.test" }.ToBytes();

        Assert.Equal(ClientHelloStatus.NotTls, ClientHelloReader.TryParse(new ReadOnlySequence<byte>(twice), out _));
    }

    [Fact]
    public async Task Random_bytes_and_damaged_hellos_never_throw()
    {
        byte[] valid = await HelloOfSslStreamAsync("fuzz.test");
        var random = new Random(20261122);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int i = random.Next(1, 6); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            ClientHelloReader.TryParse(new ReadOnlySequence<byte>(bytes, 0, random.Next(bytes.Length + 1)), out _);
            byte[] noise = new byte[random.Next(200)];
            random.NextBytes(noise);
            ClientHelloReader.TryParse(new ReadOnlySequence<byte>(noise), out _);
        }
    }

    private static async Task<byte[]> HelloOfSslStreamAsync(string serverName)
    {
        using var capture = new CaptureStream();
        await using var tls = new SslStream(capture);
        await Assert.ThrowsAnyAsync<Exception>(() => tls.AuthenticateAsClientAsync(serverName));
        return capture.Written.ToArray();
    }

    /// <summary>Takes what is written and has nothing to read.</summary>
    private sealed class CaptureStream : Stream
    {
        public MemoryStream Written { get; } = new();

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => Written.Write(buffer, offset, count);
    }
}
