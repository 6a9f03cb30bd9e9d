using System.Globalization;
using Gateway.Hosting;
using Gateway.Tests.Hosting;
using Gateway.Tests.Transport;
using Xunit.Abstractions;

namespace Gateway.Tests.Allocation;

/// <summary>Counts every allocation of the process, so nothing else may run in it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationCollection;

/// <summary>What a request costs in memory beyond what Kestrel takes, with everything on that a usual configuration has on.</summary>
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests(ITestOutputHelper output)
{
    private const int Requests = 10_000;
    private const int WarmUp = 5_000;
    private const int Rounds = 3;

    [LinuxTheory]
    [InlineData(false, false, 300)]
    [InlineData(true, false, 1024)]
    [InlineData(true, true, 1024)]
    public async Task A_request_allocates_little_beyond_what_Kestrel_does(bool clientHttp2, bool backendHttp2, int limit)
    {
        using var origin = new QuietOrigin(backendHttp2);
        await using HostFixture gateway = await HostFixture.StartAsync(
            HostFixture.Options with { EventLoops = 1, Transport = TransportKind.EventLoop, UpstreamClient = UpstreamClientKind.Own }, TimeProvider.System, HostFixture.RootGateway, Configuration(origin.Port, backendHttp2));
        await using BareKestrel kestrel = await BareKestrel.StartAsync(clientHttp2);

        int port = gateway.Host.DataPlane.Listeners.EndPointOf(80)!.Port;
        double bare = PerRequest(kestrel.Port, clientHttp2, 0);
        double whole = PerRequest(port, clientHttp2, bare + limit);

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"HTTP/2 client: {clientHttp2}, HTTP/2 backend: {backendHttp2}: Kestrel {bare:F0} bytes, gateway {whole:F0} bytes"));
        if (whole - bare > limit)
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{whole:F0} bytes per request, {bare:F0} of them Kestrel's:\n{TypesOf(port, clientHttp2)}"));
    }

    // The least of several rounds: timers and the compiler's second thoughts only ever add.
    private static double PerRequest(int port, bool isHttp2, double goodEnough)
    {
        using var client = new QuietClient(port, isHttp2);
        client.Ask(WarmUp);
        double least = double.MaxValue;
        for (int round = 0; round < Rounds && least > goodEnough; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            client.Ask(Requests);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests);
        }

        return least;
    }

    private static string TypesOf(int port, bool isHttp2)
    {
        using var client = new QuietClient(port, isHttp2);
        using var types = new AllocationTypes();
        client.Ask(Requests);
        return types.Report(Requests);
    }

    private static string Configuration(int port, bool isHttp2) => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: all, namespace: default}
        spec:
          hosts: ["a.test"]
          gateways: [gw]
          http:
          - name: all
            route:
            - destination: {host: origin.internal, port: {number: 80} }
            timeout: 60s
            retries: {attempts: 2, perTryTimeout: 30s, retryOn: "connect-failure,reset,503"}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: origin, namespace: default}
        spec:
          hosts: [origin.internal]
          location: MESH_INTERNAL
          resolution: STATIC
          ports:
          - {number: 80, name: main, protocol: {{(isHttp2 ? "HTTP2" : "HTTP")}}, targetPort: {{port.ToString(CultureInfo.InvariantCulture)}} }
          endpoints: [{address: 127.0.0.1}]
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: origin, namespace: default}
        spec:
          host: origin.internal
          trafficPolicy:
            outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
        """;
}
