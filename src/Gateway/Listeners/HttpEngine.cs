using System.Buffers;
using System.Diagnostics;
using System.Net;
using Gateway.Http;
using Gateway.Streams;
using Gateway.Tcp;
using Gateway.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Listeners;

/// <summary>
/// The one Kestrel of the gateway: HTTP/1, HTTP/2 and TLS for connections that <see cref="ConnectionHandoff"/> gives it.
/// It runs without ASP.NET's host or middleware; requests go straight to the application.
/// </summary>
internal sealed class HttpEngine : IAsyncDisposable
{
    private const int ListenBacklog = 4096;

    private readonly WebApplication _container;
    private readonly IServer _server;
    private readonly IDisposable _rejected;
    private readonly MemoryPool<byte> _pool;

    public HttpEngine(ConnectionHandoff handoff, TcpProxy tcp, ConnectionLimits limits, IStreamSink sink, TimeProvider time, ILoggerFactory loggers, ConnectGate gate, Action<EndPoint> onExhausted)
    {
        KestrelLimits.SetSwitches();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseSockets(options => options.Backlog = ListenBacklog);
        builder.Services.AddSingleton<ILoggerFactory>(new ServerLoggers(loggers));
        builder.Services.AddSingleton<IConnectionListenerFactory>(handoff);
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            KestrelLimits.Apply(options);
            options.Listen(new CodecEndPoint(Codec.Http1), listen =>
            {
                listen.Use(OnLoop);
                listen.Use(gate.Use);
                listen.Protocols = HttpProtocols.Http1;
            });
            options.Listen(new CodecEndPoint(Codec.Http2Cleartext), listen =>
            {
                listen.Use(OnLoop);
                listen.Protocols = HttpProtocols.Http2;
            });
            options.Listen(new CodecEndPoint(Codec.Tls), listen =>
            {
                // Where OpenSSL has made the handshake already, what stands for UseHttps is passed by.
                ConnectionDelegate? secured = null;
                listen.Use(OnLoop);
                listen.Use(next => connection => connection.Features.Get<ITlsConnectionFeature>() is null ? next(connection) : secured!(connection));
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                UseTls(listen, limits, next => secured = next);
                listen.Use(gate.Use);
            });
            options.Listen(new CodecEndPoint(Codec.TlsTcp), listen =>
            {
                listen.Use(OnLoop);
                listen.Protocols = HttpProtocols.Http1;
                UseTls(listen, limits, static _ => { });
                listen.Run(connection => tcp.RunAsync(connection, connection.Features.GetRequiredFeature<DownstreamConnection>()));
            });
        });
        // Never started: it only holds the services that the server is made of.
        _container = builder.Build();
        _server = _container.Services.GetRequiredService<IServer>();
        _rejected = RejectedRequests.Subscribe(_container.Services.GetRequiredService<DiagnosticListener>(), sink, time);
        _pool = _container.Services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
        Transport = new SocketListenerFactory(_container.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value, _pool, loggers, onExhausted);
    }

    /// <summary>
    /// Binds ports for <see cref="ListenerManager"/>. Its connections have the server's kind of memory pool; with the one that
    /// sockets use by themselves, Kestrel cannot write every response.
    /// </summary>
    public IConnectionListenerFactory Transport { get; }

    /// <summary>Begins to take connections from the hand-off.</summary>
    public Task StartAsync(IHttpApplication<RequestSlot> application, CancellationToken cancellationToken) =>
        _server.StartAsync(application, cancellationToken);

    /// <summary>Takes no more connections, asks the open ones to end and waits for them; what is open when <paramref name="abort"/> fires is aborted.</summary>
    public Task StopAsync(CancellationToken abort) => _server.StopAsync(abort);

    public async ValueTask DisposeAsync()
    {
        _rejected.Dispose();
        await _container.DisposeAsync();
        _pool.Dispose();
    }

    private static void UseTls(ListenOptions listen, ConnectionLimits limits, Action<ConnectionDelegate> onNext)
    {
        listen.Use(static next => async connection =>
        {
            await next(connection);
            if (connection.Features.Get<PendingHandshake>() is { Succeeded: false } failed)
                failed.Events?.OnHandshake(succeeded: false);
        });
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = limits.OpeningDeadline,
            OnConnection = static context =>
                ValueTask.FromResult(context.Connection.Features.GetRequiredFeature<PendingHandshake>().Options),
        });
        listen.Use(next =>
        {
            onNext(next);
            return connection =>
            {
                EndHandshake(connection);
                return next(connection);
            };
        });
    }

    // The server starts every connection on the thread pool; what follows shall run where its socket is.
    private static ConnectionDelegate OnLoop(ConnectionDelegate next) => async connection =>
    {
        if (connection.Features.Get<IEventLoopFeature>() is { } feature)
            await feature.Loop.SwitchAsync();
        await next(connection);
    };

    private static void EndHandshake(ConnectionContext connection)
    {
        PendingHandshake pending = connection.Features.GetRequiredFeature<PendingHandshake>();
        pending.Deadline.Dispose();
        pending.Succeeded = true;
        pending.Events?.OnHandshake(succeeded: true);
        DownstreamConnection facts = connection.Features.GetRequiredFeature<DownstreamConnection>();
        facts.ClientCertificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        facts.ServerCertificate = pending.Options.ServerCertificateContext?.TargetCertificate;
        facts.TlsVersion = connection.Features.Get<ITlsHandshakeFeature>() is { } handshake ? DownstreamConnection.TextOf(handshake.Protocol) : null;
    }
}
