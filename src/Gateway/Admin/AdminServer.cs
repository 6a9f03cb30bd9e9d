using System.Net;
using System.Net.Sockets;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Admin;

/// <summary>A port of the gateway's own: what it is for, where it listens, who answers.</summary>
/// <param name="Purpose">For messages: <c>admin</c>, <c>health</c>, <c>metrics</c>.</param>
/// <param name="EndPoint">Where it listens; port 0 = any free one.</param>
/// <param name="Handler">Answers its requests.</param>
internal sealed record AdminPort(string Purpose, IPEndPoint EndPoint, RequestDelegate Handler);

/// <summary>A port of the gateway's own cannot be bound; the message is for the user.</summary>
internal sealed class AdminPortException(string message, Exception inner) : Exception(message, inner);

/// <summary>
/// The gateway's own ports (admin, health, metrics) on one small Kestrel of their own, apart from traffic: they answer
/// while traffic is drained and until the server is stopped.
/// </summary>
internal sealed class AdminServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly ServiceProvider _services;
    private readonly List<(AdminPort Port, ListenOptions Options)> _ports = [];

    private AdminServer(KestrelServer server, ServiceProvider services)
    {
        _server = server;
        _services = services;
    }

    /// <summary>Binds all ports and begins to answer.</summary>
    /// <exception cref="AdminPortException">A port cannot be bound.</exception>
    public static async Task<AdminServer> StartAsync(IReadOnlyList<AdminPort> ports, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        ServiceProvider services = new ServiceCollection().AddSingleton(loggers).BuildServiceProvider();
        KestrelServerOptions options = new() { ApplicationServices = services, AddServerHeader = false };
        options.Limits.MaxConcurrentConnections = 256;
        options.Limits.MaxRequestBodySize = 64 * 1024;
        List<(AdminPort, ListenOptions)> listening = [];
        foreach (AdminPort port in ports)
        {
            options.Listen(port.EndPoint, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(port);
                    return next(connection);
                });
                listening.Add((port, listen));
            });
        }

        SocketListenerFactory transport = new(new SocketTransportOptions(), null, loggers, new ExhaustionLog(loggers.CreateLogger<ExhaustionLog>(), TimeProvider.System).Note);
        KestrelServer kestrel = new(Options.Create(options), new NamedBindFailures(transport, ports), loggers);
        AdminServer server = new(kestrel, services);
        server._ports.AddRange(listening);
        try
        {
            await kestrel.StartAsync(new Application(), cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where a port listens; null = there is no such port.</summary>
    public IPEndPoint? EndPointOf(string purpose)
    {
        foreach ((AdminPort port, ListenOptions options) in _ports)
        {
            if (port.Purpose == purpose)
                return options.IPEndPoint;
        }
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromSeconds(1));
        await _server.StopAsync(deadline.Token).ConfigureAwait(false);
        _server.Dispose();
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Says in a bind failure which port it was and what to do.</summary>
    private sealed class NamedBindFailures(SocketListenerFactory inner, IReadOnlyList<AdminPort> ports) : IConnectionListenerFactory
    {
        public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is AddressInUseException or IOException or SocketException)
            {
                string purpose = ports.FirstOrDefault(port => port.EndPoint.Equals(endpoint))?.Purpose ?? "admin";
                string reason = e is AddressInUseException ? "the address is in use" : e.Message;
                throw new AdminPortException($"The {purpose} port {endpoint} cannot be bound: {reason}. Move it or switch it off with {OptionFor(purpose)}.", e);
            }
        }

        private static string OptionFor(string purpose) => purpose == "admin" ? "--admin-address" : $"--{purpose}-port";
    }

    private sealed class Application : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => context.Features.GetRequiredFeature<AdminPort>().Handler(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
