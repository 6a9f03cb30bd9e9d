using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;

namespace Gateway.Demo;

/// <summary>One running server of the demo.</summary>
internal sealed record DemoEndpoint(string Service, string Version, int Port);

/// <summary>
/// The small bookshop the gateway is shown with: product page, details, ratings and three versions of reviews,
/// each a server of its own on a loopback port of this process. Started whole, disposed whole.
/// </summary>
internal sealed class Bookinfo : IAsyncDisposable
{
    private readonly List<DemoServer> _servers = [];
    private readonly List<DemoEndpoint> _endpoints = [];
    private readonly ServiceCaller _services;

    private Bookinfo(ServiceCaller services) => _services = services;

    /// <summary>Which server listens where.</summary>
    public ImmutableArray<DemoEndpoint> Endpoints => [.. _endpoints];

    /// <summary>Starts all servers.</summary>
    /// <param name="internalGatewayPort">The gateway's port for calls between the services.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<Bookinfo> StartAsync(Func<int> internalGatewayPort, CancellationToken cancellationToken)
    {
        var services = new ServiceCaller(internalGatewayPort);
        var shop = new Bookinfo(services);
        try
        {
            await shop.AddAsync("productpage", "v1", new ProductPage(services).ServeAsync, cancellationToken);
            await shop.AddAsync("details", "v1", BackendServices.DetailsAsync, cancellationToken);
            await shop.AddAsync("ratings", "v1", BackendServices.RatingsAsync, cancellationToken);
            await shop.AddAsync("reviews", "v1", BackendServices.Reviews("v1", null, services), cancellationToken);
            await shop.AddAsync("reviews", "v2", BackendServices.Reviews("v2", "black", services), cancellationToken);
            await shop.AddAsync("reviews", "v3", BackendServices.Reviews("v3", "red", services), cancellationToken);
            return shop;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (DemoServer server in _servers)
            await server.DisposeAsync();
        _services.Dispose();
    }

    private async Task AddAsync(string service, string version, RequestDelegate handler, CancellationToken cancellationToken)
    {
        DemoServer server = await DemoServer.StartAsync(handler, cancellationToken);
        _servers.Add(server);
        _endpoints.Add(new DemoEndpoint(service, version, server.Port));
    }
}
