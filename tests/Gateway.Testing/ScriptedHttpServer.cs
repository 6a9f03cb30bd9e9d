using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Testing;

/// <summary>A real HTTP server on loopback whose answers a test writes.</summary>
public sealed class ScriptedHttpServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ScriptedHttpServer(WebApplication application) => _application = application;

    /// <summary><c>http://127.0.0.1:port</c>, or https.</summary>
    public string Url { get; private set; } = "";

    /// <summary>The port.</summary>
    public int Port => new Uri(Url).Port;

    /// <summary>Starts a server.</summary>
    /// <param name="answer">Answers every request.</param>
    /// <param name="configure">More for its socket, such as TLS.</param>
    public static async Task<ScriptedHttpServer> StartAsync(RequestDelegate answer, Action<ListenOptions>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, configure ?? (_ => { })));
        WebApplication application = builder.Build();
        application.Run(answer);
        await application.StartAsync();
        var server = new ScriptedHttpServer(application);
        server.Url = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }
}
