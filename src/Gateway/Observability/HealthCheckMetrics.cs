using Prometheus;

namespace Gateway.Observability;

/// <summary>What active health checks say of clusters. Clusters without checks have no such metrics.</summary>
internal sealed class HealthCheckMetrics(IMetricFactory factory)
{
    private readonly Counter _checks = factory.CreateCounter("gateway_health_checks_total", "Active health checks, by result.", ["cluster", "result"]);
    private readonly Gauge _endpoints = factory.CreateGauge("gateway_health_check_endpoints", "Endpoints by what their active health checks say.", ["cluster", "health"]);
    private readonly HashSet<string> _clusters = new(StringComparer.Ordinal);

    /// <summary>Brings over one cluster.</summary>
    public void Set(string cluster, long passed, long failed, int healthy, int unhealthy, int notYet)
    {
        // A cluster whose policy changed is made anew and counts from zero, which a counter only does by beginning anew.
        if (_checks.WithLabels(cluster, "success").Value > passed || _checks.WithLabels(cluster, "failure").Value > failed)
            RemoveChecks(cluster);
        _clusters.Add(cluster);
        _checks.WithLabels(cluster, "success").IncTo(passed);
        _checks.WithLabels(cluster, "failure").IncTo(failed);
        _endpoints.WithLabels(cluster, "healthy").Set(healthy);
        _endpoints.WithLabels(cluster, "unhealthy").Set(unhealthy);
        _endpoints.WithLabels(cluster, "not_checked_yet").Set(notYet);
    }

    /// <summary>Forgets all other clusters.</summary>
    public void Retain(IReadOnlySet<string> clusters)
    {
        foreach (string cluster in _clusters.Where(cluster => !clusters.Contains(cluster)).ToArray())
        {
            _clusters.Remove(cluster);
            RemoveChecks(cluster);
            foreach (string health in (string[])["healthy", "unhealthy", "not_checked_yet"])
                _endpoints.RemoveLabelled(cluster, health);
        }
    }

    private void RemoveChecks(string cluster)
    {
        _checks.RemoveLabelled(cluster, "success");
        _checks.RemoveLabelled(cluster, "failure");
    }
}
