using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Forwarding.Limits;

namespace Gateway.Tests.Forwarding.Http2;

/// <summary>A gateway on event loops in front of a scripted backend of HTTP/2.</summary>
internal sealed class Http2Bed : IAsyncDisposable
{
    private const string NoRetries = "route: [{destination: {host: up.test}}]\n    retries: {attempts: 0}";

    private Http2Bed(ScriptedHttp2Origin origin, TestGateway front) => (Origin, Front) = (origin, front);

    public ScriptedHttp2Origin Origin { get; }

    public TestGateway Front { get; }

    public Cluster Cluster => Front.Clusters["outbound|80||up.test"];

    /// <param name="script">What the backend does on a connection.</param>
    /// <param name="trafficPolicy">Of the DestinationRule.</param>
    /// <param name="route">Of the VirtualService; null = without retries.</param>
    public static async Task<Http2Bed> StartAsync(Func<ScriptedPeer, Task> script, string trafficPolicy = "connectionPool: {tcp: {connectTimeout: 10s}}", string? route = null)
    {
        var origin = new ScriptedHttp2Origin(script);
        TestGateway front = await TestGateway.StartOnAsync(
            "event-loop", TestConfig.HttpGateway(), TestConfig.Backend("up.test", "HTTP2", origin.Port), LimitedBackend.Route(route ?? NoRetries), LimitedBackend.Rule(trafficPolicy));
        return new Http2Bed(origin, front);
    }

    /// <summary>A request from a connection of its own; null = it was broken off.</summary>
    public async Task<RawHttpResponse?> SendAsync(string method = "GET", string headers = "", string body = "")
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        try
        {
            return await RawHttpConnection.ExchangeAsync(Front.Port(80), $"{method} /x HTTP/1.1\r\nHost: a.test\r\n{headers}\r\n{body}", deadline.Token);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Holds that nothing is left of requests: no count, no stream, no waiter, no fault.</summary>
    public async Task NothingIsLeftAsync()
    {
        await Eventually.HoldsAsync(
            () => Cluster is { ActiveRequests: 0, Breakers: { Pending: 0, Retries: 0 }, Connections.Waiting: 0 } && Cluster.Endpoints.Endpoints.All(endpoint => endpoint.ActiveRequests == 0),
            "nothing of the requests is left");
        Assert.Empty(Front.Faults);
    }

    public async ValueTask DisposeAsync()
    {
        await Front.DisposeAsync();
        await Origin.DisposeAsync();
    }
}
