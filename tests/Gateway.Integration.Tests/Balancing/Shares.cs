using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Gateway.Testing;
using Gateway.Testing.Clients;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests.Balancing;

/// <summary>Counts over real sockets who answers how many requests, and says how far a count may be from its share.</summary>
internal static class Shares
{
    private const int Clients = 8;

    /// <summary>Sends GETs from a few clients at once.</summary>
    /// <param name="gateway">Through its port 80.</param>
    /// <param name="requests">How many.</param>
    /// <param name="key">Value of the header <c>x-key</c> by request; null = none.</param>
    /// <returns>By request: the port that answered.</returns>
    public static async Task<int[]> AskAsync(TestGateway gateway, int requests, Func<int, string>? key = null)
    {
        using HttpClient client = TestHttpClient.Create(gateway.Port(80), HttpVersion.Version11);
        int[] ports = new int[requests];
        var failures = new ConcurrentQueue<string>();
        await Parallel.ForAsync(0, requests, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, cancel) =>
        {
            using HttpRequestMessage request = TestHttpClient.Request(HttpMethod.Get, HttpVersion.Version11, "http", "a.test", "/");
            if (key is not null)
                request.Headers.Add("x-key", key(i));
            using HttpResponseMessage response = await client.SendAsync(request, cancel);
            string body = await response.Content.ReadAsStringAsync(cancel);
            if (response.StatusCode == HttpStatusCode.OK)
                ports[i] = EchoRequest.Parse(body).LocalPort;
            else
                failures.Enqueue(body);
        });
        Assert.Empty(failures);
        return ports;
    }

    /// <summary>
    /// A count of <paramref name="requests"/> independent draws with probability p has the mean n·p and the standard
    /// deviation √(n·p·(1−p)); beyond five of them it is once in 1.7 million tests, were it not for a fault.
    /// </summary>
    /// <param name="share">p.</param>
    /// <param name="count">The count.</param>
    /// <param name="requests">n.</param>
    /// <param name="slack">Part of n that the method itself may be off, by its published bound.</param>
    public static void AssertShare(double share, int count, int requests, double slack = 0)
    {
        double tolerance = (5 * Math.Sqrt(requests * share * (1 - share))) + (requests * slack) + 1;
        Assert.True(
            Math.Abs(count - (requests * share)) <= tolerance,
            string.Create(CultureInfo.InvariantCulture, $"{count} of {requests} requests; {requests * share:F0} ± {tolerance:F0} were to be."));
    }

    /// <summary>A DestinationRule for <c>up.test</c>.</summary>
    public static string Rule(string trafficPolicy, string annotations = "") => $$$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: up, namespace: default, annotations: {{{{annotations}}}}}
        spec:
          host: up.test
          trafficPolicy: {{{{trafficPolicy}}}}
        """;

    /// <summary>A ServiceEntry <c>up.test</c> with endpoints on loopback.</summary>
    /// <param name="endpoints">Port and what else is said of each, e.g. <c>weight: 3, locality: a/b</c>.</param>
    public static string Endpoints(IEnumerable<(int Port, string More)> endpoints) => $$"""
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: up.test, namespace: default}
        spec:
          hosts: [up.test]
          location: MESH_EXTERNAL
          resolution: STATIC
          ports: [{number: 80, name: upstream, protocol: HTTP}]
          endpoints: [{{string.Join(", ", endpoints.Select(one => string.Create(CultureInfo.InvariantCulture, $"{{address: 127.0.0.1, ports: {{upstream: {one.Port}}}{(one.More.Length > 0 ? ", " + one.More : "")}}}")))}}]
        """;
}
