using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gateway.Admin;
using Gateway.Clusters;
using Gateway.Http.Filters.LocalRateLimit;
using Gateway.Listeners;
using Gateway.Observability;
using Gateway.Observability.AccessLogs;
using Gateway.Snapshot;
using Gateway.Tls;
using Gateway.Transport;

namespace Gateway.Hosting;

/// <summary>Brings the data plane's state into the words of the admin port and of the metrics, when someone asks.</summary>
internal static class ScrapedState
{
    /// <summary>Before a scrape.</summary>
    public static void Update(GatewayMetrics metrics, DataPlane dataPlane, AccessLog accessLog, Func<string, OrderStatus?> orderOf)
    {
        metrics.SetAccessLogDrops(accessLog.Dropped);
        foreach (EventLoop loop in dataPlane.Loops?.Loops ?? [])
            metrics.SetLoopLag(loop.Index, loop.Lag);
        metrics.SetMirrors(dataPlane.Mirrors.Sent, dataPlane.Mirrors.Dropped, dataPlane.Mirrors.Failed);
        metrics.SetAuthorization(
            dataPlane.PolicyStats.Allowed, dataPlane.PolicyStats.Denied, dataPlane.PolicyStats.Audited, dataPlane.PolicyStats.ShadowAllowed, dataPlane.PolicyStats.ShadowDenied);
        metrics.SetExtAuthz(dataPlane.ExtAuthzStats.Allowed, dataPlane.ExtAuthzStats.Denied, dataPlane.ExtAuthzStats.Errors, dataPlane.ExtAuthzStats.FailedOpen);
        metrics.SetTokens(
            dataPlane.TokenStats.Allowed, dataPlane.TokenStats.Denied, dataPlane.Tokens.Remote.Sum(keys => keys.Successes), dataPlane.Tokens.Remote.Sum(keys => keys.Failures));
        HashSet<string> listeners = new(StringComparer.Ordinal);
        foreach (ListenerStatus listener in Listeners(dataPlane))
        {
            listeners.Add(listener.Name);
            metrics.SetConnections(listener.Name, listener.Open, listener.Total, listener.Pauses);
        }
        HashSet<string> certificates = new(StringComparer.Ordinal);
        foreach (IGrouping<string, CertificateStatus> certificate in Certificates(dataPlane, orderOf).GroupBy(certificate => certificate.Name, StringComparer.Ordinal))
        {
            certificates.Add(certificate.Key);
            if (certificate.First().Order is { } order)
                metrics.SetOrder(certificate.Key, order.NextRenewal, order.Failures);
            metrics.SetCertificate(certificate.Key, certificate.Min(one => one.NotAfter), certificate.Any(one => one.Error is not null));
        }
        metrics.SetHandshakes(dataPlane.TlsEvents.Succeeded, dataPlane.TlsEvents.Failed);
        foreach (ClientCertificateReason reason in Enum.GetValues<ClientCertificateReason>())
            metrics.SetRefusedCertificates(JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()), dataPlane.TlsEvents.Refused(reason));
        metrics.Retain(certificates, listeners);
        UpdateRateLimits(metrics.RateLimits, dataPlane.RateLimits);
        HashSet<string> clusters = new(StringComparer.Ordinal);
        foreach (Cluster cluster in dataPlane.Clusters.Current.Values)
        {
            if (cluster.HealthChecks is not { } checks)
                continue;
            clusters.Add(cluster.Config.Name);
            int[] count = new int[4];
            foreach (UpstreamEndpoint endpoint in cluster.Endpoints.Endpoints)
                count[(int)endpoint.Health.Status]++;
            metrics.HealthChecks.Set(cluster.Config.Name, checks.Passed, checks.Failed, count[(int)HealthStatus.Healthy], count[(int)HealthStatus.Unhealthy], count[(int)HealthStatus.Unchecked]);
        }
        metrics.HealthChecks.Retain(clusters);
    }

    /// <summary>The certificates, with the orders of those that the gateway orders by itself.</summary>
    public static IReadOnlyList<CertificateStatus> Certificates(DataPlane dataPlane, Func<string, OrderStatus?> orderOf)
    {
        const string Secret = "kubernetes://";
        return
        [
            .. dataPlane.Certificates.List.Select(certificate => certificate.Name.StartsWith(Secret, StringComparison.Ordinal)
                ? certificate with { Order = orderOf(certificate.Name[Secret.Length..]) }
                : certificate),
            .. IssuersAuthorities(dataPlane),
        ];
    }

    /// <summary>Whom the servers of the issuers that we order from are trusted by.</summary>
    private static IEnumerable<CertificateStatus> IssuersAuthorities(DataPlane dataPlane)
    {
        foreach (AcmeIssuerConfig issuer in (dataPlane.Snapshots.Current?.Config.Acme ?? []).Select(request => request.Certificate.Issuer).DistinctBy(issuer => issuer.Name))
        {
            X509Certificate2Collection authorities = [];
            authorities.ImportFromPem(issuer.CaBundle);
            foreach (X509Certificate2 authority in authorities)
            {
                using (authority)
                    yield return CertificateStatus.Of($"{issuer.Name} (CA)", authority, null);
            }
        }
    }

    private static void UpdateRateLimits(RateLimitMetrics metrics, RateLimitRegistry limits)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (LiveLimit limit in limits.Limits)
        {
            names.Add(limit.Config.Id);
            metrics.SetLimit(limit.Config.Id, limit.Stats.Allowed, limit.Stats.Limited, limit.Stats.WouldBeLimited, limit.Evicted);
        }
        foreach (LiveEnvoyLimit limit in limits.EnvoyLimits)
        {
            string name = $"{limit.Config.Origin} {limit.Config.Scope}";
            names.Add(name);
            metrics.SetLimit(name, limit.Stats.Allowed, limit.Stats.Limited, limit.Stats.WouldBeLimited, limit.Evicted);
        }
        HashSet<string> servers = new(StringComparer.Ordinal);
        foreach (RedisLimiter redis in limits.Redis)
        {
            servers.Add(redis.Address);
            metrics.SetRedis(redis.Address, !redis.IsAway, redis.Answered, redis.Failed);
        }
        metrics.Retain(names, servers);
    }

    /// <summary>The ports.</summary>
    public static IReadOnlyList<ListenerStatus> Listeners(DataPlane dataPlane)
    {
        List<ListenerStatus> result = [];
        foreach (ActiveListener listener in dataPlane.Listeners.Current.Values.OrderBy(listener => listener.Config.Port))
            result.Add(new ListenerStatus(listener.Config.Name, listener.Config.Port, listener.EndPoint, listener.Open.Count, listener.Open.Total, listener.Pauses));
        return result;
    }

    /// <summary>The clusters.</summary>
    public static IReadOnlyList<ClusterStatus> Clusters(DataPlane dataPlane)
    {
        List<ClusterStatus> result = [];
        foreach (Cluster cluster in dataPlane.Clusters.Current.Values.OrderBy(cluster => cluster.Config.Name, StringComparer.Ordinal))
        {
            EndpointSet set = cluster.Endpoints;
            ImmutableArray<EndpointStatus>.Builder endpoints = ImmutableArray.CreateBuilder<EndpointStatus>(set.Count);
            for (int i = 0; i < set.Count; i++)
            {
                UpstreamEndpoint endpoint = set.Endpoints[i];
                endpoints.Add(new EndpointStatus(endpoint.Address, set.Weights[i], endpoint.ActiveRequests, endpoint.TotalRequests, endpoint.ConnectFailures,
                    endpoint.Outlier.Reason is { } reason ? $"{reason}, until {endpoint.Outlier.EjectedUntil:O}" : null)
                {
                    Locality = set.PlaceOf(i).Locality,
                    Priority = set.PlaceOf(i).Priority,
                    Health = HealthOf(endpoint.Health),
                    Connections = endpoint.Connections,
                });
            }
            result.Add(new ClusterStatus(cluster.Config.Name, cluster.Config.Protocol.ToString(), cluster.Config.Discovery.ToString(), endpoints.DrainToImmutable(), cluster.Connector.TlsStatus, cluster.Policy)
            {
                LoadBalancer = cluster.Config.LoadBalancer.Algorithm.ToString(),
                Breakers = BreakersOf(cluster),
            });
        }
        return result;
    }

    private static ImmutableArray<BreakerStatus> BreakersOf(Cluster cluster)
    {
        ClusterConfig config = cluster.Config;
        int active = cluster.ActiveRequests;
        return
        [
            new BreakerStatus("connections", cluster.Connections.Open, Limit(config.MaxConnections)),
            new BreakerStatus("pendingRequests", cluster.Breakers.Pending, Limit(config.MaxPendingRequests)),
            new BreakerStatus("requests", active, Limit(config.MaxRequests)),
            new BreakerStatus("retries", cluster.Breakers.Retries, config.RetryBudget is null ? Limit(config.MaxRetries) : cluster.Breakers.MostRetries(active)),
        ];
    }

    private static long? Limit(int configured) => configured == 0 ? null : configured;

    private static string? HealthOf(EndpointHealth health) => health.Status switch
    {
        HealthStatus.Healthy => health.Reason is { } reason ? $"healthy; last failure: {reason}" : "healthy",
        HealthStatus.Unhealthy => $"unhealthy since {health.Since:O}: {health.Reason}",
        HealthStatus.Unchecked => "not checked yet",
        _ => null,
    };
}
