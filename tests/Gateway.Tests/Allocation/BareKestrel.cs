using System.Net;
using Gateway.Testing;
using Gateway.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Tests.Allocation;

/// <summary>Kestrel on our event loops with an application that only answers: what is left when a gateway's part is taken away.</summary>
internal sealed class BareKestrel : IHttpApplication<IFeatureCollection>, IAsyncDisposable
{
    private readonly EventLoopGroup _loops = new(new EventLoopOptions { Loops = 1 });
    private readonly WebApplication _container;
    private readonly IServer _server;

    private BareKestrel(bool isHttp2)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IConnectionListenerFactory>(new EventLoopTransportFactory(_loops));
        builder.Services.Configure<KestrelServerOptions>(options =>
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = isHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _container = builder.Build();
        _server = _container.Services.GetRequiredService<IServer>();
    }

    public int Port => new Uri(_server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()).Port;

    public static async Task<BareKestrel> StartAsync(bool isHttp2)
    {
        var kestrel = new BareKestrel(isHttp2);
        await kestrel._server.StartAsync(kestrel, CancellationToken.None);
        return kestrel;
    }

    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    public Task ProcessRequestAsync(IFeatureCollection context)
    {
        context.GetRequiredFeature<IHttpResponseFeature>().Headers.ContentLength = QuietOrigin.Body.Length;
        QuietOrigin.Body.CopyTo(context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.GetSpan(QuietOrigin.Body.Length));
        context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.Advance(QuietOrigin.Body.Length);
        return Task.CompletedTask;
    }

    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Eventually.Deadline);
        await _server.StopAsync(limit.Token);
        await _container.DisposeAsync();
        _loops.Dispose();
    }
}
