using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Gateway.Testing;
using Gateway.Tests.Transport;
using Gateway.Tls;
using Gateway.Tls.OpenSsl;
using Gateway.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Gateway.Tests.Tls.OpenSsl;

/// <summary>Connections to TLS servers by OpenSSL on a loop; the servers are .NET's.</summary>
public sealed class OpenSslChannelTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificate _certificate;
    private readonly SslStreamCertificateContext _shown;
    private readonly EventLoopGroup _group = new(new EventLoopOptions { Loops = 1 }, _ => { });
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public OpenSslChannelTests()
    {
        _certificate = _authority.IssueServer("good.test", "127.0.0.1");
        _shown = SslStreamCertificateContext.Create(_certificate.Certificate, null, offline: true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private EventLoop Loop => _group.Loops[0];

    public void Dispose()
    {
        _listener.Dispose();
        _group.Dispose();
        _certificate.Dispose();
        _authority.Dispose();
    }

    [LinuxFact]
    public Task What_is_sent_arrives_whole_however_slowly_it_is_taken() => OnPoolAsync(async () =>
    {
        byte[] sent = RandomNumberGenerator.GetBytes(16_000_003);
        (LoopChannel channel, SslStream server) = await ConnectAsync(Context());
        var full = new TaskCompletionSource();
        Task<byte[]> taken = Task.Run(async () =>
        {
            await full.Task;
            byte[] all = new byte[sent.Length];
            await server.ReadExactlyAsync(all);
            return all;
        });

        await Loop.SwitchAsync();
        for (int at = 0; at < sent.Length;)
        {
            int count = channel.TrySend(sent.AsSpan(at));
            Assert.NotEqual(LoopChannel.Failed, count);
            at += Math.Max(0, count);
            if (channel.IsWritable)
                continue;
            full.TrySetResult();
            Assert.Equal(LoopChannel.WouldBlock, channel.TrySend(sent.AsSpan(at)));
            await channel.WaitWritableAsync();
        }

        Assert.Equal(sent, await taken);
        await CloseAsync(channel);
    });

    [LinuxFact]
    public Task What_the_server_sends_arrives_whole_and_so_does_its_end() => OnPoolAsync(async () =>
    {
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_001);
        OpenSslClientContext context = Context();
        (LoopChannel channel, SslStream server) = await ConnectAsync(context);
        Task sending = Task.Run(async () =>
        {
            await server.WriteAsync(sent);
            await server.ShutdownAsync();
        });

        (byte[] received, int end) = await ReceiveAllAsync(channel);
        await sending;

        Assert.Equal(sent, received);
        Assert.Equal(0, end);
        Assert.True(channel.PeerEnded);
        Assert.Null(channel.Fault);
        await CloseAsync(channel);
        Assert.Equal(0, context.Sessions);
    });

    [LinuxFact]
    public Task Tickets_on_an_idle_connection_are_nobodys_business_and_data_is() => OnPoolAsync(async () =>
    {
        OpenSslClientContext context = Context();
        (LoopChannel channel, SslStream server) = await ConnectAsync(context);
        int events = 0;
        await Loop.SwitchAsync();
        channel.IdleEvent = _ => events++;

        await Task.Run(() => Eventually.HoldsAsync(() => context.Resumptions.Count == 1, "the ticket has come"));
        await Loop.SwitchAsync();
        Assert.Equal((0, false, false), (events, channel.IsReadable, channel.PeerEnded));
        await server.WriteAsync("x"u8.ToArray());
        await Task.Run(() => Eventually.HoldsAsync(() => events == 1, "data is told"));
        await Loop.SwitchAsync();

        Assert.True(channel.IsReadable);
        byte[] one = new byte[10];
        Assert.Equal(1, channel.TryReceive(one));
        Assert.False(channel.IsReadable);
        await CloseAsync(channel);
    });

    [LinuxTheory]
    [InlineData(new byte[0], 0)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 200, 1, 2, 3 }, LoopChannel.Failed)]
    [InlineData(new byte[] { 0x17, 3 }, LoopChannel.Failed)]
    public Task A_connection_that_ends_without_a_word_has_ended_but_not_within_a_record(byte[] last, int end) => OnPoolAsync(async () =>
    {
        OpenSslClientContext context = Context();
        (LoopChannel channel, SslStream server) = await ConnectAsync(context);
        await server.WriteAsync("all"u8.ToArray());
        Socket below = SocketOf(server);
        await below.SendAsync(last);
        below.Shutdown(SocketShutdown.Send);

        (byte[] received, int seen) = await ReceiveAllAsync(channel);

        Assert.Equal(("all", end), (Encoding.ASCII.GetString(received), seen));
        await CloseAsync(channel);
        Assert.Equal(0, context.Sessions);
    });

    [LinuxFact]
    public Task Bytes_that_are_no_record_break_the_connection_with_a_reason() => OnPoolAsync(async () =>
    {
        (LoopChannel channel, SslStream server) = await ConnectAsync(Context());
        await SocketOf(server).SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());

        (_, int end) = await ReceiveAllAsync(channel);

        Assert.Equal(LoopChannel.Failed, end);
        Assert.NotEmpty(channel.Fault ?? "");
        await Loop.SwitchAsync();
        Assert.Equal(LoopChannel.Failed, channel.TrySend("x"u8));
        await CloseAsync(channel);
    });

    [LinuxTheory]
    [InlineData("good.test", "good.test")]
    [InlineData("good.test.", "good.test")]
    [InlineData("127.0.0.1", "")]
    [InlineData("", "")]
    public Task The_server_is_asked_for_by_a_name_and_never_by_an_address(string name, string seen) => OnPoolAsync(async () =>
    {
        (LoopChannel channel, SslStream server) = await ConnectAsync(Context(), name);

        Assert.Equal(seen, server.TargetHostName);
        await CloseAsync(channel);
    });

    [LinuxFact]
    public Task Only_HTTP2_is_ever_offered_and_must_then_be_agreed_on() => OnPoolAsync(async () =>
    {
        OpenSslClientContext context = Context();
        (LoopChannel channel, SslStream server) = await ConnectAsync(context, isHttp2: true, protocols: [SslApplicationProtocol.Http2]);
        Assert.Equal(SslApplicationProtocol.Http2, server.NegotiatedApplicationProtocol);
        await CloseAsync(channel);

        var refused = await Assert.ThrowsAsync<AuthenticationException>(() => ConnectAsync(context, isHttp2: true));

        Assert.Equal("the server does not speak HTTP/2", refused.Message);
        Assert.Equal(0, context.Sessions);
    });

    [LinuxFact]
    public Task A_resumed_session_is_judged_again_and_forgotten_if_it_does_not_pass() => OnPoolAsync(async () =>
    {
        FakeTimeProvider time = new(DateTimeOffset.UtcNow);
        IReadOnlyList<RevocationList> list = RevocationList.ReadAll(Encoding.ASCII.GetBytes(_authority.RevocationListPem(time.GetUtcNow().AddDays(1))));
        OpenSslClientContext context = Context(list, time);
        (LoopChannel first, SslStream firstServer) = await ConnectAsync(context);
        await Eventually.HoldsAsync(() => context.Resumptions.Count == 1, "the ticket has come");
        (LoopChannel second, SslStream secondServer) = await ConnectAsync(context);
        bool wasResumed = await IsResumedAsync(second, secondServer);
        await CloseAsync(first);
        await CloseAsync(second);
        firstServer.Dispose();

        time.Advance(TimeSpan.FromDays(2));
        var refused = await Assert.ThrowsAsync<AuthenticationException>(() => ConnectAsync(context));

        Assert.True(wasResumed);
        Assert.StartsWith("certificate verify failed", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (context.Resumptions.Count, context.Sessions));
    });

    [LinuxFact]
    public Task A_server_that_ends_the_handshake_leaves_nothing_behind() => OnPoolAsync(async () =>
    {
        OpenSslClientContext context = Context();
        Task<AuthenticationException> failing = Assert.ThrowsAsync<AuthenticationException>(() => DialAsync(context, "good.test", isHttp2: false));
        using (Socket accepted = await _listener.AcceptAsync())
            await accepted.ReceiveAsync(new byte[100]);

        await failing;
        Assert.Equal(0, context.Sessions);
    });

    [LinuxFact]
    public void No_more_names_are_remembered_than_there_is_room_for()
    {
        Assert.Null(OpenSslLibrary.Problem);
        var kept = new OpenSslResumptions();
        for (int i = 0; i < OpenSslResumptions.MaxNames; i++)
            Assert.True(kept.Keep($"{i}.test", 0));

        Assert.False(kept.Keep("one-more.test", 0));
        Assert.True(kept.Keep("1.test", 0));
        Assert.Equal(OpenSslResumptions.MaxNames, kept.Count);
    }

    [LinuxTheory]
    [InlineData(null, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    public Task Servers_are_offered_the_meshs_cipher_suites(string? offered, TlsCipherSuite agreed) => OnPoolAsync(async () =>
    {
        Task<LoopChannel> dialling = DialAsync(Context(suite: offered), "good.test", isHttp2: false);
        // .NET's server prefers the longer key.
        var server = new Inner(new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true));
        await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _shown, EnabledSslProtocols = SslProtocols.Tls12 });

        Assert.Equal(agreed, server.NegotiatedCipherSuite);
        await CloseAsync(await dialling);
    });

    [LinuxFact]
    public void SslStream_makes_handshakes_with_servers_where_nobody_is_asked_for_another_way()
    {
        var config = new UpstreamTlsConfig { ServerName = "good.test" };

        Assert.Null(new UpstreamTlsContext(config, null, [_authority.Authority], null, TimeProvider.System).OpenSsl);
        Assert.NotNull(Context().Handle);
    }

    private static Task OnPoolAsync(Func<Task> test) => Task.Run(test).WaitAsync(TimeSpan.FromSeconds(60));

    private static Socket SocketOf(SslStream server) => ((Inner)server).Below.Socket;

    private OpenSslClientContext Context(IReadOnlyList<RevocationList>? revocations = null, TimeProvider? time = null, string? suite = null)
    {
        var config = new UpstreamTlsConfig
        {
            Authorities = new CertificateReference("default", "ca", null, null, null), ServerName = "good.test", SubjectAltNames = ["good.test"],
            CipherSuites = suite is null ? default : [suite],
        };
        var engine = new OpenSslEngine(TimeProvider.System, problem => Assert.Fail(problem));
        return new UpstreamTlsContext(config, null, [_authority.Authority], revocations, time ?? TimeProvider.System, engine).OpenSsl!;
    }

    private async Task<LoopChannel> DialAsync(OpenSslClientContext context, string name, bool isHttp2)
    {
        LoopSocket socket = await EventLoopConnector.ConnectAsync(Loop, _listener.LocalEndPoint!, TimeSpan.FromSeconds(5));
        return await OpenSslConnector.ConnectAsync(context, socket, "good.test", name, isHttp2, CancellationToken.None);
    }

    private async Task<(LoopChannel Channel, SslStream Server)> ConnectAsync(
        OpenSslClientContext context, string name = "good.test", bool isHttp2 = false, List<SslApplicationProtocol>? protocols = null)
    {
        Task<LoopChannel> dialling = DialAsync(context, name, isHttp2);
        var server = new Inner(new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true));
        await server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _shown, ApplicationProtocols = protocols });
        return (await dialling, server);
    }

    private async Task<bool> IsResumedAsync(LoopChannel channel, SslStream server)
    {
        await server.WriteAsync("x"u8.ToArray());
        await Loop.SwitchAsync();
        await channel.WaitReadableAsync();
        return ((OpenSslChannel)channel).IsResumed;
    }

    private async Task<(byte[] Received, int End)> ReceiveAllAsync(LoopChannel channel)
    {
        await Loop.SwitchAsync();
        var all = new MemoryStream();
        byte[] buffer = new byte[10_000];
        while (true)
        {
            await channel.WaitReadableAsync();
            int count = channel.TryReceive(buffer);
            if (count is 0 or LoopChannel.Failed)
                return (all.ToArray(), count);
            all.Write(buffer, 0, Math.Max(0, count));
        }
    }

    private async Task CloseAsync(LoopChannel channel)
    {
        await Loop.SwitchAsync();
        channel.Close(reset: false);
        await Task.Yield();
    }

    private sealed class Inner(NetworkStream below) : SslStream(below)
    {
        public NetworkStream Below => below;
    }
}
