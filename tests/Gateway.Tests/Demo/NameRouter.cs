using System.Net;
using Gateway.Demo;
using Microsoft.AspNetCore.Http;

namespace Gateway.Tests.Demo;

/// <summary>Stands in for the gateway's internal port: sends a call to the server that its Host names, without any routing rules.</summary>
internal sealed class NameRouter : IAsyncDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });
    private DemoServer? _server;

    /// <summary>Port of the server that answers for a service; missing = no such service.</summary>
    public Dictionary<string, int> Ports { get; } = [];

    /// <summary>The user that each call to reviews named.</summary>
    public List<string> EndUsers { get; } = [];

    public int Port => _server!.Port;

    public static async Task<NameRouter> StartAsync()
    {
        var router = new NameRouter();
        router._server = await DemoServer.StartAsync(router.ForwardAsync, CancellationToken.None);
        return router;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        Assert.EndsWith(".default.svc.cluster.local:9080", context.Request.Host.Value, StringComparison.Ordinal);
        string service = context.Request.Host.Value!.Split('.')[0];
        if (service == "reviews")
            EndUsers.Add(context.Request.Headers["end-user"].ToString());
        if (!Ports.TryGetValue(service, out int port))
        {
            context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{context.Request.Path}");
        using HttpResponseMessage response = await _http.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
