using Gateway.Clusters;
using Gateway.Clusters.LoadBalancing;
using Gateway.Routing;

namespace Gateway.Tests.Snapshot.Fields;

/// <summary>Every field of a DestinationRule's traffic policy that is promised to have an effect: what the cluster becomes because of it.</summary>
public sealed class DestinationRuleFieldTests
{
    private const string Cookie = "loadBalancer: {consistentHash: {httpCookie: {name: id, ttl: 60s, path: /p, attributes: [{name: SameSite, value: Lax}]}}}";
    private const string Keepalive = "connectionPool: {tcp: {tcpKeepalive: {time: 7s, interval: 8s, probes: 9}}}";
    private const string Pings = "connectionPool: {http: {http2KeepAlive: {interval: 3s, timeout: 4s}}}";
    private const string Distribute = "loadBalancer: {localityLbSetting: {distribute: [{from: eu/*, to: {us/*: 60, eu/a/*: 40}}]}}";
    private const string Failover = "loadBalancer: {localityLbSetting: {failover: [{from: eu, to: us}]}}, outlierDetection: {}";
    private const string Zones = "loadBalancer: {zoneAwareLbSetting: {failover: [{from: eu, to: us}]}}, outlierDetection: {}";
    private const string WarmUp = "loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 20s, aggression: 2, minimumPercent: 30}}";
    private const string Mutual = "tls: {mode: MUTUAL, clientCertificate: /c.pem, privateKey: /k.pem, caCertificates: /ca.pem, caCrl: /crl.pem, sni: name.test, subjectAltNames: [san.test]}";

    private static readonly Dictionary<string, (string Policy, Func<Cluster, object?> Seen, object? Expected)> Rows = new()
    {
        ["connectionPool.http.h2UpgradePolicy"] = ("connectionPool: {http: {h2UpgradePolicy: UPGRADE}}", c => c.Config.Protocol, UpstreamProtocol.Http2),
        ["connectionPool.http.http1MaxPendingRequests"] = ("connectionPool: {http: {http1MaxPendingRequests: 5}}", c => c.Config.MaxPendingRequests, 5),
        ["connectionPool.http.http2KeepAlive.interval"] = (Pings, c => c.Config.Http2Keepalive?.Interval, TimeSpan.FromSeconds(3)),
        ["connectionPool.http.http2KeepAlive.timeout"] = (Pings, c => c.Config.Http2Keepalive?.Timeout, TimeSpan.FromSeconds(4)),
        ["connectionPool.http.http2MaxRequests"] = ("connectionPool: {http: {http2MaxRequests: 5}}", c => c.Config.MaxRequests, 5),
        ["connectionPool.http.idleTimeout"] = ("connectionPool: {http: {idleTimeout: 5s}}", c => c.Config.IdleTimeout, TimeSpan.FromSeconds(5)),
        ["connectionPool.http.maxConcurrentStreams"] = ("connectionPool: {http: {maxConcurrentStreams: 5}}", c => c.Config.MaxConcurrentStreams, 5),
        ["connectionPool.http.maxRequestsPerConnection"] = ("connectionPool: {http: {maxRequestsPerConnection: 5}}", c => c.Config.MaxRequestsPerConnection, 5),
        ["connectionPool.http.maxRetries"] = ("connectionPool: {http: {maxRetries: 5}}", c => c.Config.MaxRetries, 5),
        ["connectionPool.http.useClientProtocol"] = ("connectionPool: {http: {useClientProtocol: true}}", c => c.Config.FollowsClient, true),
        ["connectionPool.tcp.connectTimeout"] = ("connectionPool: {tcp: {connectTimeout: 5s}}", c => c.Config.ConnectTimeout, TimeSpan.FromSeconds(5)),
        ["connectionPool.tcp.idleTimeout"] = ("connectionPool: {tcp: {idleTimeout: 5s}}", c => c.Config.TcpIdleTimeout, TimeSpan.FromSeconds(5)),
        ["connectionPool.tcp.maxConnectionDuration"] = ("connectionPool: {tcp: {maxConnectionDuration: 5s}}", c => c.Config.MaxConnectionDuration, TimeSpan.FromSeconds(5)),
        ["connectionPool.tcp.maxConnections"] = ("connectionPool: {tcp: {maxConnections: 5}}", c => c.Config.MaxConnections, 5),
        ["connectionPool.tcp.tcpKeepalive.interval"] = (Keepalive, c => c.Config.Keepalive?.Interval, TimeSpan.FromSeconds(8)),
        ["connectionPool.tcp.tcpKeepalive.probes"] = (Keepalive, c => c.Config.Keepalive?.Probes, 9),
        ["connectionPool.tcp.tcpKeepalive.time"] = (Keepalive, c => c.Config.Keepalive?.Time, TimeSpan.FromSeconds(7)),
        ["loadBalancer.consistentHash.httpCookie.attributes[].name"] = (Cookie, c => c.Hash?.CookieAttributes, "; Max-Age=60; Path=/p; SameSite=Lax; HttpOnly"),
        ["loadBalancer.consistentHash.httpCookie.attributes[].value"] = (Cookie, c => c.Hash?.CookieAttributes.Contains("=Lax", StringComparison.Ordinal), true),
        ["loadBalancer.consistentHash.httpCookie.name"] = (Cookie, c => (c.Hash?.Source, c.Hash?.Name), ((HashSource?)HashSource.Cookie, "id")),
        ["loadBalancer.consistentHash.httpCookie.path"] = (Cookie, c => c.Hash?.CookieAttributes.Contains("; Path=/p", StringComparison.Ordinal), true),
        ["loadBalancer.consistentHash.httpCookie.ttl"] = (Cookie, c => c.Hash?.CookieTtl, TimeSpan.FromSeconds(60)),
        ["loadBalancer.consistentHash.httpHeaderName"] = ("loadBalancer: {consistentHash: {httpHeaderName: x-user}}", c => (c.Hash?.Source, c.Hash?.Name), ((HashSource?)HashSource.Header, "x-user")),
        ["loadBalancer.consistentHash.httpQueryParameterName"] = ("loadBalancer: {consistentHash: {httpQueryParameterName: q}}", c => (c.Hash?.Source, c.Hash?.Name), ((HashSource?)HashSource.QueryParameter, "q")),
        ["loadBalancer.consistentHash.maglev.tableSize"] = ("loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 131}}}", c => Table(c), (LoadBalancerAlgorithm.Maglev, 131)),
        ["loadBalancer.consistentHash.minimumRingSize"] = ("loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 64}}", c => Table(c), (LoadBalancerAlgorithm.RingHash, 64)),
        ["loadBalancer.consistentHash.ringHash.minimumRingSize"] = ("loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 65}}}", c => Table(c), (LoadBalancerAlgorithm.RingHash, 65)),
        ["loadBalancer.consistentHash.useSourceIp"] = ("loadBalancer: {consistentHash: {useSourceIp: true}}", c => c.Hash?.Source, HashSource.SourceIp),
        ["loadBalancer.localityLbSetting.distribute[].from"] = (Distribute.Replace("from: eu", "from: us", StringComparison.Ordinal), c => c.Places, "0/1 0/1 0/1"),
        ["loadBalancer.localityLbSetting.distribute[].to{}"] = (Distribute, c => c.Places, "0/40 0/60"),
        ["loadBalancer.localityLbSetting.enabled"] = ("loadBalancer: {localityLbSetting: {enabled: false}}, outlierDetection: {}", c => c.Places, "0/0 0/0 0/0"),
        ["loadBalancer.localityLbSetting.failoverPriority[]"] = ("loadBalancer: {localityLbSetting: {failoverPriority: [tier=two]}}, outlierDetection: {}", c => c.Places, "1/1 0/1 1/1"),
        ["loadBalancer.localityLbSetting.failover[].from"] = (Failover.Replace("from: eu, to: us", "from: us, to: asia", StringComparison.Ordinal), c => c.Places, "0/1 1/1 2/1"),
        ["loadBalancer.localityLbSetting.failover[].to"] = (Failover, c => c.Places, "0/1 1/1 2/1"),
        ["loadBalancer.simple"] = ("loadBalancer: {simple: ROUND_ROBIN}", c => c.Config.LoadBalancer.Algorithm, LoadBalancerAlgorithm.RoundRobin),
        ["loadBalancer.warmup.aggression"] = (WarmUp, c => c.Config.LoadBalancer.WarmUp?.Aggression, 2.0),
        ["loadBalancer.warmup.duration"] = (WarmUp, c => c.Config.LoadBalancer.WarmUp?.Window, TimeSpan.FromSeconds(20)),
        ["loadBalancer.warmup.minimumPercent"] = (WarmUp, c => c.Config.LoadBalancer.WarmUp?.MinimumPercent, 30.0),
        ["loadBalancer.warmupDurationSecs"] = ("loadBalancer: {simple: ROUND_ROBIN, warmupDurationSecs: 20s}", c => c.Config.LoadBalancer.WarmUp, new SlowStart(TimeSpan.FromSeconds(20), 1, 10)),
        ["loadBalancer.zoneAwareLbSetting.enabled"] = (Zones.Replace("{failover", "{enabled: false, failover", StringComparison.Ordinal), c => c.Places, "0/0 0/0 0/0"),
        ["loadBalancer.zoneAwareLbSetting.failoverPriority[]"] = ("loadBalancer: {zoneAwareLbSetting: {failoverPriority: [tier=two]}}", c => c.Places, "1/0 0/0 2/0"),
        ["loadBalancer.zoneAwareLbSetting.failover[].from"] = (Zones, c => c.Places, "0/0 0/0 1/0"),
        ["loadBalancer.zoneAwareLbSetting.failover[].to"] = (Zones, c => c.Places, "0/0 0/0 1/0"),
        ["outlierDetection.baseEjectionTime"] = ("outlierDetection: {baseEjectionTime: 5s}", c => c.Config.OutlierDetection?.BaseEjectionTime, TimeSpan.FromSeconds(5)),
        ["outlierDetection.consecutive5xxErrors"] = ("outlierDetection: {consecutive5xxErrors: 7}", c => c.Config.OutlierDetection?.Consecutive5xx, 7u),
        ["outlierDetection.consecutiveGatewayErrors"] = ("outlierDetection: {consecutiveGatewayErrors: 7}", c => c.Config.OutlierDetection?.ConsecutiveGateway, 7u),
        ["outlierDetection.consecutiveLocalOriginFailures"] = ("outlierDetection: {consecutiveLocalOriginFailures: 7, splitExternalLocalOriginErrors: true}", c => c.Config.OutlierDetection?.ConsecutiveLocalOrigin, 7u),
        ["outlierDetection.interval"] = ("outlierDetection: {interval: 5s}", c => c.Config.OutlierDetection?.Interval, TimeSpan.FromSeconds(5)),
        ["outlierDetection.maxEjectionPercent"] = ("outlierDetection: {maxEjectionPercent: 70}", c => c.Config.OutlierDetection?.MaxEjectionPercent, 70),
        ["outlierDetection.minHealthPercent"] = ("outlierDetection: {minHealthPercent: 70}", c => c.Config.OutlierDetection?.MinHealthPercent, 70),
        ["outlierDetection.outlierDetectionHttpErrorCodes[]"] = ("outlierDetection: {outlierDetectionHttpErrorCodes: [429, 503]}", c => string.Join(' ', c.Config.OutlierDetection?.ErrorCodes ?? []), "429 503"),
        ["outlierDetection.splitExternalLocalOriginErrors"] = ("outlierDetection: {splitExternalLocalOriginErrors: true}", c => c.Config.OutlierDetection?.SplitsLocalOrigin, true),
        ["portLevelSettings[].port.number"] = ("connectionPool: {tcp: {maxConnections: 1}}, portLevelSettings: [{port: {number: 80}, connectionPool: {tcp: {maxConnections: 9}}}, {port: {number: 81}, connectionPool: {tcp: {maxConnections: 8}}}]", c => c.Config.MaxConnections, 9),
        ["proxyProtocol.version"] = ("proxyProtocol: {version: V2}", c => c.Config.ProxyHeader, ProxyHeaderVersion.V2),
        ["retryBudget.budgetInterval"] = ("retryBudget: {budgetInterval: 3s}", c => c.Config.RetryBudget?.Interval, TimeSpan.FromSeconds(3)),
        ["retryBudget.minRetryConcurrency"] = ("retryBudget: {minRetryConcurrency: 4}", c => c.Config.RetryBudget?.MinConcurrency, 4),
        ["retryBudget.percent"] = ("retryBudget: {percent: 33.5}", c => c.Config.RetryBudget?.Percent, 33.5),
        ["tls.caCertificates"] = (Mutual, c => c.Config.Tls?.Authorities?.CaFile, "/ca.pem"),
        ["tls.caCrl"] = (Mutual, c => c.Config.Tls?.Authorities?.CrlFile, "/crl.pem"),
        ["tls.clientCertificate"] = (Mutual, c => c.Config.Tls?.ClientCertificate?.CertificateFile, "/c.pem"),
        ["tls.credentialName"] = ("tls: {mode: MUTUAL, credentialName: secret}", c => c.Config.Tls?.ClientCertificate?.SecretName, "secret"),
        ["tls.insecureSkipVerify"] = ("tls: {mode: SIMPLE, insecureSkipVerify: true}", c => c.Config.Tls?.SkipsVerification, true),
        ["tls.mode"] = ("tls: {mode: SIMPLE}", c => c.Config.Tls is not null, true),
        ["tls.privateKey"] = (Mutual, c => c.Config.Tls?.ClientCertificate?.KeyFile, "/k.pem"),
        ["tls.sni"] = (Mutual, c => c.Config.Tls?.ServerName, "name.test"),
        ["tls.subjectAltNames[]"] = (Mutual, c => string.Join(' ', c.Config.Tls?.SubjectAltNames ?? []), "san.test"),
    };

    public static TheoryData<string> Fields => [.. Rows.Keys];

    [Fact]
    public void Every_field_that_is_supported_has_a_test() =>
        Assert.Equal(SupportedFields.Of("DestinationRule", "spec.trafficPolicy.").Order(StringComparer.Ordinal), Rows.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_changes_the_cluster(string field)
    {
        (string policy, Func<Cluster, object?> seen, object? expected) = Rows[field];

        Assert.Equal(expected, seen(Compile(policy)));
        if (!field.Contains("LbSetting.", StringComparison.Ordinal))
            Assert.NotEqual(expected, seen(Compile("")));
    }

    [Theory]
    [InlineData("tcp: {idleTimeout: 5s}", 5, 5)]
    [InlineData("tcp: {idleTimeout: 5s}, http: {idleTimeout: 7s}", 7, 5)]
    [InlineData("http: {idleTimeout: 7s}", 7, 3600)]
    public void An_idle_timeout_of_tcp_is_that_of_http_too_unless_http_has_one(string pool, int http, int tcp)
    {
        ClusterConfig config = Compile($"connectionPool: {{ {pool} }}").Config;

        Assert.Equal((TimeSpan.FromSeconds(http), TimeSpan.FromSeconds(tcp)), (config.IdleTimeout, config.TcpIdleTimeout));
    }

    [Theory]
    [InlineData("subsets: [{name: v1, trafficPolicy: {connectionPool: {tcp: {maxConnections: 5}}}}]", "v1", 5)]
    [InlineData("trafficPolicy: {connectionPool: {tcp: {maxConnections: 4}}}, subsets: [{name: v1}]", "v1", 4)]
    [InlineData("trafficPolicy: {connectionPool: {tcp: {maxConnections: 4}}}, exportTo: [other]", "", 0)]
    [InlineData("trafficPolicy: {connectionPool: {tcp: {maxConnections: 4}}}, workloadSelector: {matchLabels: {app: other}}", "", 0)]
    [InlineData("trafficPolicy: {connectionPool: {tcp: {maxConnections: 4}}}, workloadSelector: {matchLabels: {istio: ingressgateway}}", "", 4)]
    public void A_rule_holds_for_whom_it_says(string spec, string subset, int connections) =>
        // A selector of workloads counts in their own namespace alone.
        Assert.Equal(connections, CompileSpec(spec, subset, spec.Contains("workloadSelector", StringComparison.Ordinal) ? "default" : "istio-system").Config.MaxConnections);

    private static (LoadBalancerAlgorithm, int) Table(Cluster cluster) => (cluster.Config.LoadBalancer.Algorithm, cluster.Config.LoadBalancer.TableSize);

    private static Cluster Compile(string policy) => CompileSpec(policy.Length == 0 ? "exportTo: ['*']" : $"trafficPolicy: {{ {policy} }}", "");

    private static Cluster CompileSpec(string spec, string subset, string ns = "istio-system")
    {
        string destination = subset.Length == 0 ? "{host: up.test}" : $"{{host: up.test, subset: {subset}}}";
        Compiled compiled = Compiled.From(
            Compiled.HttpGateway() + Compiled.VirtualService("vs", "\"*\"", $"{{route: [{{destination: {destination}}}]}}") + Compiled.ThreePlaces(spec),
            Compiled.Ingress with { Locality = "eu/a", Namespace = ns });
        var forward = (ForwardAction)compiled.Get("http://h.test/").Route!.Action;
        ClusterAssignment assignment = compiled.Snapshot.Clusters[forward.Destinations[0].ClusterIndex];
        return new Cluster(
            assignment.Config,
            forward.HashPolicies.IsEmpty ? null : forward.HashPolicies[0],
            string.Join(' ', assignment.Endpoints.Select(endpoint => $"{endpoint.Priority}/{endpoint.LocalityWeight}")));
    }

    private sealed record Cluster(ClusterConfig Config, HashPolicy? Hash, string Places);
}
