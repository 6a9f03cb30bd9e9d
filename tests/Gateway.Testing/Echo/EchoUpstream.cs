using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing.Echo;

/// <summary>
/// A real server on loopback that answers with what it saw. What it does is asked for by the request's headers
/// (<see cref="EchoBehaviour"/>), by WebSocket upgrade, or by calling the gRPC service <see cref="EchoGrpc"/>.
/// </summary>
public sealed class EchoUpstream : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<EchoRequest> _requests = new();
    private int _connections;
    private int _open;

    private EchoUpstream(EchoOptions options)
    {
        Options = options;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc(grpc => grpc.IgnoreUnknownServices = options.Handler is not null);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.ConfigureKestrel(Configure);
        _application = builder.Build();
        _application.UseWebSockets();
        _application.UseRouting();
        // Endpoints before the terminal middleware: otherwise WebApplication puts them behind it.
#pragma warning disable ASP0014
        _application.UseEndpoints(endpoints => endpoints.MapGrpcService<EchoGrpc>());
#pragma warning restore ASP0014
        _application.Run(AnswerAsync);
    }

    /// <summary>How it was made.</summary>
    public EchoOptions Options { get; }

    /// <summary>Its ports.</summary>
    public IReadOnlyList<int> Ports { get; private set; } = [];

    /// <summary>Its first port.</summary>
    public int Port => Ports[0];

    /// <summary>All requests that came, in order of their end.</summary>
    public IReadOnlyCollection<EchoRequest> Requests => _requests;

    /// <summary>How many connections were accepted.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How many connections are open.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>Starts a server.</summary>
    public static async Task<EchoUpstream> StartAsync(EchoOptions? options = null)
    {
        var echo = new EchoUpstream(options ?? new EchoOptions());
        await echo._application.StartAsync();
        echo.Ports = [.. echo._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(address => new Uri(address).Port)];
        return echo;
    }

    /// <summary>Starts a server with a name.</summary>
    public static Task<EchoUpstream> StartAsync(string name) => StartAsync(new EchoOptions { Name = name });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestHeadersTotalSize = 256 * 1024;
        kestrel.Limits.MaxRequestLineSize = 128 * 1024;
        var sniffer = new ProtocolSniffer(Options);
        for (int i = 0; i < Options.PortCount; i++)
        {
            kestrel.Listen(Options.At ?? new IPEndPoint(IPAddress.Loopback, 0), listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.Use(next => async connection =>
                {
                    Interlocked.Increment(ref _connections);
                    Interlocked.Increment(ref _open);
                    try
                    {
                        await sniffer.RunAsync(connection, next);
                    }
                    finally
                    {
                        Interlocked.Decrement(ref _open);
                    }
                });
            });
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        bool streams = context.WebSockets.IsWebSocketRequest || EchoBehaviour.CopiesBody(context.Request);
        EchoRequest seen = await EchoRequest.ReadAsync(Options.Name, context, readBody: !streams && Options.Handler is null);
        _requests.Enqueue(seen);
        if (Options.Handler is { } handler && await handler(context))
            return;
        await EchoBehaviour.AnswerAsync(context, seen);
    }
}
