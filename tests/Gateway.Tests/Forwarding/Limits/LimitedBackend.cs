using System.Text;
using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Tests.Forwarding.Http1;
using Gateway.Transport;

namespace Gateway.Tests.Forwarding.Limits;

/// <summary>A gateway in front of a scripted backend whose DestinationRule is the matter of the test.</summary>
internal sealed class LimitedBackend : IAsyncDisposable
{
    /// <summary>Requests by the target <c>/hold</c> are answered when it is set.</summary>
    public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ScriptedOrigin Origin { get; private set; } = null!;

    public TestGateway Front { get; private set; } = null!;

    public Cluster Cluster => Front.Clusters["outbound|80||up.test"];

    /// <summary>Both transports, where there are two.</summary>
    public static TheoryData<bool> Transports() => EventLoopGroup.IsSupported ? [false, true] : [false];

    public static async Task<LimitedBackend> StartAsync(bool eventLoops, string trafficPolicy, string route = "route: [{destination: {host: up.test}}]")
    {
        var backend = new LimitedBackend();
        backend.Origin = new ScriptedOrigin(backend.AnswerAsync);
        backend.Front = await TestGateway.StartOnAsync(
            eventLoops, TestConfig.HttpGateway(), TestConfig.Backend("up.test", "HTTP", backend.Origin.Port), Route(route), Rule(trafficPolicy));
        return backend;
    }

    public static string Route(string route) => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: route, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [gateway]
          http:
          - {{route}}
        """;

    public static string Rule(string trafficPolicy) => TestConfig.TrafficPolicy("up.test", trafficPolicy);

    public async Task<RawHttpResponse> SendAsync(string target = "/", string method = "GET", string headers = "")
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        return (await RawHttpConnection.ExchangeAsync(Front.Port(80), $"{method} {target} HTTP/1.1\r\nHost: a.test\r\n{headers}\r\n", deadline.Token))!;
    }

    /// <summary>Holds that nothing is left of requests: no count, no waiter.</summary>
    public Task NothingIsLeftAsync() => Eventually.HoldsAsync(
        () => Cluster is { ActiveRequests: 0, Breakers: { Pending: 0, Retries: 0 }, Connections.Waiting: 0 }
            && Cluster.Endpoints.Endpoints.All(endpoint => endpoint.ActiveRequests == 0),
        "nothing of the requests is left");

    public async ValueTask DisposeAsync()
    {
        Release.TrySetResult();
        await Front.DisposeAsync();
        await Origin.DisposeAsync();
    }

    private async Task<bool> AnswerAsync(Stream stream, SeenRequest request)
    {
        if (request.Target.StartsWith("/hold", StringComparison.Ordinal))
            await Release.Task;
        string status = request.Target.StartsWith("/fail", StringComparison.Ordinal) ? "503 No" : "200 OK";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok"));
        return true;
    }
}
