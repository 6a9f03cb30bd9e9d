using System.Globalization;
using Gateway.Clusters;
using Gateway.Testing;
using Gateway.Testing.Clients;

namespace Gateway.Integration.Tests.Failures;

/// <summary>A gateway before one faulty server, on a transport: without retries, so that each fault is seen once and by itself.</summary>
internal sealed class FaultBed : IAsyncDisposable
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

    private FaultBed(TestGateway gateway) => Gateway = gateway;

    /// <summary>The gateway.</summary>
    public TestGateway Gateway { get; }

    /// <summary>Starts one.</summary>
    /// <param name="eventLoops">Event loops with our own clients, or .NET's sockets with .NET's client.</param>
    /// <param name="port">Where the server is.</param>
    /// <param name="protocol">What it speaks.</param>
    /// <param name="policy">Fields of the route, e.g. a timeout.</param>
    /// <param name="traffic">Fields of the DestinationRule's trafficPolicy.</param>
    public static Task<FaultBed> StartAsync(bool eventLoops, int port, string protocol = "HTTP", string policy = "timeout: 30s", string traffic = "connectionPool: {tcp: {connectTimeout: 10s}}") =>
        StartAsync(eventLoops ? "event-loop" : "sockets", port, protocol, policy, traffic);

    /// <summary>Starts one on one of <see cref="TestMode.Transports"/>, with a TLS port too if there is a certificate for it.</summary>
    public static async Task<FaultBed> StartAsync(
        string transport, int port, string protocol = "HTTP", string policy = "timeout: 30s", string traffic = "connectionPool: {tcp: {connectTimeout: 10s}}", TestCertificate? certificate = null) =>
        new(await TestGateway.StartOnAsync(
            transport,
            [
            .. certificate is null ? (string[])[] : [TestConfig.HttpsGateway("cert"), TestConfig.Secret("cert", certificate)],
            TestConfig.HttpGateway(),
            TestConfig.Backend("up.test", protocol, port),
            $$"""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: route, namespace: default}
            spec:
              hosts: ["*"]
              gateways: [gateway{{(certificate is null ? "" : ", gateway-tls")}}]
              http:
              - route:
                - destination: {host: up.test}
                retries: {attempts: 0}
                {{policy}}
            """,
            $$"""
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: rule, namespace: default}
            spec:
              host: up.test
              trafficPolicy:
                {{traffic}}
            """,
            ]));

    /// <summary>Sends a request on a connection of its own.</summary>
    /// <param name="upstream">The server that is told when the head has come.</param>
    /// <returns>The status the client sees, and whether the answer was whole; 0 = the connection ended without one.</returns>
    public async Task<(int Status, bool Whole)> AskAsync(ScriptedUpstream? upstream = null)
    {
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(Gateway.Port(80), cancel: deadline.Token);
        await connection.SendAsync(Get, deadline.Token);
        RawHttpResponse? head = await connection.ReadResponseAsync(toHead: true, deadline.Token);
        if (head is null)
            return (0, false);
        upstream?.ClientHasHead.TrySetResult();
        long left = head.Header("content-length") is { } length ? long.Parse(length, CultureInfo.InvariantCulture) : long.MaxValue;
        return (head.Status, await connection.ReadsWholeAsync(left, deadline.Token));
    }

    /// <summary>That no request, connection or waiter is left: neither here nor at the server.</summary>
    /// <param name="upstream">The server; null = it has no view of its own.</param>
    public Task NothingIsLeftAsync(ScriptedUpstream? upstream) => IsLeftAsync(
        "0/0 requests, 0 waiting, 0 clients, 0 connections, 0 at the server",
        (cluster, endpoint) => string.Create(CultureInfo.InvariantCulture, $"{Requests(cluster, endpoint)}, {endpoint.Connections} connections, {upstream?.Open ?? 0} at the server"));

    /// <summary>That no request or waiter is left; the connection, which many requests share, may serve others.</summary>
    public Task NoRequestIsLeftAsync() => IsLeftAsync("0/0 requests, 0 waiting, 0 clients", Requests);

    private string Requests(Cluster cluster, UpstreamEndpoint endpoint) => string.Create(
        CultureInfo.InvariantCulture, $"{cluster.ActiveRequests}/{endpoint.ActiveRequests} requests, {cluster.Breakers.Pending} waiting, {Gateway.OpenConnections} clients");

    private async Task IsLeftAsync(string expected, Func<Cluster, UpstreamEndpoint, string> state)
    {
        Cluster cluster = Gateway.Clusters.Values.Single(one => one.Config.Name.EndsWith("|up.test", StringComparison.Ordinal));
        UpstreamEndpoint endpoint = cluster.Endpoints.Endpoints.Single();
        try
        {
            await Eventually.HoldsAsync(() => state(cluster, endpoint) == expected, "nothing is left", TimeSpan.FromSeconds(10));
        }
        catch (TimeoutException)
        {
            Assert.Equal(expected, state(cluster, endpoint));
        }
        Assert.True(Gateway.Faults.Count == 0, string.Join('\n', Gateway.Faults));
    }

    public ValueTask DisposeAsync() => Gateway.DisposeAsync();
}
