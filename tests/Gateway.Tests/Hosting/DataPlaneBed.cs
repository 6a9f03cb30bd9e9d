using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Gateway.Clusters;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Hosting;
using Gateway.Listeners;
using Gateway.Matching;
using Gateway.Routing;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Streams;
using Gateway.Testing;
using Gateway.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Tests.Hosting;

/// <summary>What a sink saw of one request.</summary>
internal sealed record Completed(string? Method, string? Path, int Code, ResponseFlags Flags, string? Details, long Received, long Sent, string? Cluster, string? UpstreamHost, string? GrpcStatus);

/// <summary>A whole data plane with snapshots made by hand, all ports on loopback and chosen by the system.</summary>
internal sealed class DataPlaneBed : IAsyncDisposable, IStreamSink
{
    private DataPlaneBed(DataPlaneOptions options) =>
        Plane = new DataPlane(TestMode.Apply(options), this, NullLoggerFactory.Instance, TimeProvider.System);

    public DataPlane Plane { get; }

    public ConcurrentQueue<Completed> Requests { get; } = new();

    /// <summary>As <see cref="StartAsync"/>, with the means in <paramref name="options"/> whatever the environment says.</summary>
    public static Task<DataPlaneBed> StartExactlyAsync(GatewaySnapshot snapshot, DataPlaneOptions options)
    {
        TestMode.Use((options.Transport, options.UpstreamClient) switch
        {
            (TransportKind.Sockets, _) => "sockets",
            (_, UpstreamClientKind.Yarp) => "event-loop+yarp",
            _ => "event-loop",
        });
        return StartAsync(snapshot, options);
    }

    public static async Task<DataPlaneBed> StartAsync(GatewaySnapshot? snapshot = null, DataPlaneOptions? options = null)
    {
        options ??= new DataPlaneOptions { DrainTime = TimeSpan.FromSeconds(20) };
        var bed = new DataPlaneBed(options with { EphemeralPorts = options.PortMap.Count == 0, DefaultBind = IPAddress.Loopback });
        await bed.Plane.StartAsync(CancellationToken.None);
        if (snapshot is not null)
            Assert.Empty(await bed.ApplyAsync(snapshot));
        return bed;
    }

    public Task<ImmutableArray<Diagnostic>> ApplyAsync(GatewaySnapshot snapshot) => Plane.ApplyAsync(snapshot, CancellationToken.None);

    public int PortOf(int configuredPort) =>
        Plane.Listeners.EndPointOf(configuredPort)?.Port ?? throw new InvalidOperationException($"Port {configuredPort} is not bound.");

    public void OnRequestCompleted(StreamInfo info) => Requests.Enqueue(new Completed(
        info.Method, info.Path, info.ResponseCode, info.Flags, info.ResponseCodeDetails, info.BytesReceived, info.BytesSent,
        info.UpstreamCluster, info.UpstreamHost, info.GrpcStatus));

    public ValueTask DisposeAsync() => Plane.DisposeAsync();

    /// <summary>A snapshot of listeners whose routes name clusters by index.</summary>
    public static GatewaySnapshot Snapshot(IEnumerable<ListenerConfig> listeners, params ClusterAssignment[] clusters) => new()
    {
        Listeners = [.. listeners],
        Clusters = [.. clusters],
        Secrets = ImmutableDictionary<string, Resource<SecretSpec>>.Empty,
        Mesh = MeshConfig.Default,
    };

    /// <summary>A plain HTTP port.</summary>
    public static ListenerConfig Http(int port, params Route[] routes) => new()
    {
        Name = $"0.0.0.0_{port}",
        Port = port,
        FilterChains = [Chain($"http.{port}", null, [], routes)],
    };

    /// <summary>A TLS port.</summary>
    public static ListenerConfig Https(int port, params FilterChainConfig[] chains) => new()
    {
        Name = $"0.0.0.0_{port}",
        Port = port,
        FilterChains = [.. chains],
    };

    public static FilterChainConfig Chain(string name, DownstreamTlsConfig? tls, EquatableArray<string> serverNames, params Route[] routes) => new()
    {
        Name = name,
        ServerNames = serverNames,
        Tls = tls,
        Routes = new RouteTable(name, [new VirtualHost { Name = "*", Domain = "*", Routes = [.. routes] }]),
    };

    /// <summary>A cluster of loopback ports.</summary>
    public static ClusterAssignment Cluster(string name, UpstreamProtocol protocol, params int[] ports) => new(
        new ClusterConfig
        {
            Name = name,
            Host = name,
            Port = 80,
            Protocol = protocol,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            Identity = DestinationIdentity.Unknown,
        },
        [.. ports.Select(port => new EndpointConfig { Address = "127.0.0.1", Port = port })]);

    public static Route Direct(string prefix, int status, string body) =>
        Rule(prefix, new DirectResponseAction { Status = status, Body = System.Text.Encoding.UTF8.GetBytes(body) });

    public static Route Forward(string prefix, int clusterIndex, HeaderOperations? request = null, HeaderOperations? response = null) => Rule(prefix, new ForwardAction
    {
        TotalWeight = 1,
        Retries = RetryPolicyCompiler.Default,
        Destinations =
        [
            new WeightedCluster
            {
                Cluster = $"cluster-{clusterIndex}",
                ClusterIndex = clusterIndex,
                Weight = 1,
                RequestHeaders = request is null ? [] : [request],
                ResponseHeaders = response is null ? [] : [response],
            },
        ],
    });

    private static Route Rule(string prefix, RouteAction action) => new()
    {
        Name = prefix,
        Match = new RouteMatch { Path = StringMatcher.Prefix(prefix) },
        Action = action,
        Origin = new ConfigOrigin(default, SourceLocation.None, ""),
    };
}
