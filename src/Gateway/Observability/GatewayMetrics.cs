using System.Globalization;
using Prometheus;

namespace Gateway.Observability;

/// <summary>What the gateway says of itself: configuration, certificates, connections, its own process. One per host.</summary>
internal sealed class GatewayMetrics
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly Counter _reloads;
    private readonly Gauge _generation;
    private readonly Gauge _lastReload;
    private readonly Gauge _reloadSeconds;
    private readonly Gauge _rejected;
    private readonly Gauge _findings;
    private readonly Counter _accessLogDrops;
    private readonly Counter _mirrors;
    private readonly Counter _authorization;
    private readonly Counter _dryRun;
    private readonly Counter _extAuthz;
    private readonly Counter _tokens;
    private readonly Counter _keyFetches;
    private readonly Gauge _certificateExpiry;
    private readonly Gauge _certificateBad;
    private readonly Gauge _certificateRenewal;
    private readonly Gauge _orderFailures;
    private readonly Counter _handshakes;
    private readonly Counter _refusedCertificates;
    private readonly Gauge _connectionsOpen;
    private readonly Counter _connections;
    private readonly Counter _acceptPauses;
    private readonly Gauge _loopLag;

    /// <summary>Registers everything in a registry of its own.</summary>
    public GatewayMetrics()
    {
        Factory = Metrics.WithCustomRegistry(_registry);
        DotNetStats.Register(_registry);
        _reloads = Factory.CreateCounter("gateway_config_reloads_total", "Passes over the configuration, by result.", ["result"]);
        _generation = Factory.CreateGauge("gateway_config_generation", "Number of the configuration in force; 0 = none yet.");
        _lastReload = Factory.CreateGauge("gateway_config_last_reload_timestamp_seconds", "When the latest pass over the configuration ended.");
        _reloadSeconds = Factory.CreateGauge("gateway_config_last_reload_duration_seconds", "How long the latest pass took.");
        _rejected = Factory.CreateGauge("gateway_config_rejected_resources", "Resources with an error in the latest pass; left out, or served in their last good state.");
        _findings = Factory.CreateGauge("gateway_config_findings", "Findings of the latest pass.", ["severity"]);
        _accessLogDrops = Factory.CreateCounter("gateway_access_log_dropped_total", "Access-log lines dropped because they could not be written fast enough.");
        _authorization = Factory.CreateCounter("gateway_authorization_total", "Decisions of AuthorizationPolicies, where there are any.", ["result"]);
        _dryRun = Factory.CreateCounter("gateway_authorization_dry_run_total", "What policies under dry-run would have decided.", ["result"]);
        _extAuthz = Factory.CreateCounter("gateway_ext_authz_total", "Answers of external authorization services; failure_mode_allowed are those errors that passed.", ["result"]);
        _tokens = Factory.CreateCounter("gateway_jwt_authentication_total", "Requests whose tokens RequestAuthentications looked for.", ["result"]);
        _keyFetches = Factory.CreateCounter("gateway_jwks_fetches_total", "Fetches of keys for tokens, by those in use.", ["result"]);
        _mirrors = Factory.CreateCounter("gateway_mirror_requests_total", "Copies of requests: sent, dropped for too many or too slow ones, failed.", ["result"]);
        _certificateExpiry = Factory.CreateGauge("gateway_certificate_expiry_timestamp_seconds", "End of validity of a certificate, in seconds since 1970.", ["certificate"]);
        _certificateBad = Factory.CreateGauge("gateway_certificate_unusable", "1 where the newest version of a certificate cannot be used; the last good one is, if there was one.", ["certificate"]);
        _certificateRenewal = Factory.CreateGauge("gateway_certificate_renewal_timestamp_seconds", "When a certificate that is ordered automatically will be ordered again, in seconds since 1970.", ["certificate"]);
        _orderFailures = Factory.CreateGauge("gateway_certificate_order_failures", "Failed orders in a row of a certificate that is ordered automatically.", ["certificate"]);
        _handshakes = Factory.CreateCounter("gateway_tls_handshakes_total", "TLS handshakes of clients, by result.", ["result"]);
        _refusedCertificates = Factory.CreateCounter("gateway_tls_client_certificates_refused_total", "Client certificates refused, by reason.", ["reason"]);
        _connectionsOpen = Factory.CreateGauge("gateway_listener_connections_open", "Open client connections.", ["listener"]);
        _connections = Factory.CreateCounter("gateway_listener_connections_total", "Client connections accepted.", ["listener"]);
        _acceptPauses = Factory.CreateCounter("gateway_listener_accept_pauses_total", "How often accepting rested, a tenth of a second each time, because the process was short of file descriptors.", ["listener"]);
        _loopLag = Factory.CreateGauge("gateway_event_loop_lag_seconds", "Longest time in the last ten to twenty seconds that an event loop did not look at its sockets.", ["loop"]);
        HealthChecks = new HealthCheckMetrics(Factory);
        RateLimits = new RateLimitMetrics(Factory);
        foreach (string result in (string[])["success", "failure"])
            _reloads.WithLabels(result);
    }

    /// <summary>For metrics of other subjects in the same registry.</summary>
    public IMetricFactory Factory { get; }

    /// <summary>Active health checks.</summary>
    public HealthCheckMetrics HealthChecks { get; }

    /// <summary>Those of rate limits.</summary>
    public RateLimitMetrics RateLimits { get; }

    /// <summary>Called before each scrape: the place to bring over numbers that live elsewhere.</summary>
    public void BeforeScrape(Action update) => _registry.AddBeforeCollectCallback(update);

    /// <summary>Writes all metrics in Prometheus' text format.</summary>
    public Task WriteAsync(Stream target, CancellationToken cancellationToken) => _registry.CollectAndExportAsTextAsync(target, cancellationToken);

    /// <summary>A pass over the configuration has ended.</summary>
    public void OnReload(bool succeeded, int generation, DateTimeOffset time, TimeSpan duration, int rejected, int errors, int warnings)
    {
        _reloads.WithLabels(succeeded ? "success" : "failure").Inc();
        _generation.Set(generation);
        _lastReload.Set(time.ToUnixTimeMilliseconds() / 1000.0);
        _reloadSeconds.Set(duration.TotalSeconds);
        _rejected.Set(rejected);
        _findings.WithLabels("error").Set(errors);
        _findings.WithLabels("warning").Set(warnings);
    }

    /// <summary>Brings over the access log's count.</summary>
    public void SetAccessLogDrops(long total) => _accessLogDrops.IncTo(total);

    /// <summary>Brings over the counts of mirrored requests.</summary>
    public void SetMirrors(long sent, long dropped, long failed)
    {
        _mirrors.WithLabels("sent").IncTo(sent);
        _mirrors.WithLabels("dropped").IncTo(dropped);
        _mirrors.WithLabels("failed").IncTo(failed);
    }

    /// <summary>Brings over the decisions of policies.</summary>
    public void SetAuthorization(long allowed, long denied, long audited, long dryAllowed, long dryDenied)
    {
        _authorization.WithLabels("allowed").IncTo(allowed);
        _authorization.WithLabels("denied").IncTo(denied);
        _authorization.WithLabels("audited").IncTo(audited);
        _dryRun.WithLabels("allowed").IncTo(dryAllowed);
        _dryRun.WithLabels("denied").IncTo(dryDenied);
    }

    /// <summary>Brings over the answers of external authorization services.</summary>
    public void SetExtAuthz(long allowed, long denied, long errors, long failedOpen)
    {
        _extAuthz.WithLabels("ok").IncTo(allowed);
        _extAuthz.WithLabels("denied").IncTo(denied);
        _extAuthz.WithLabels("error").IncTo(errors);
        _extAuthz.WithLabels("failure_mode_allowed").IncTo(failedOpen);
    }

    /// <summary>Brings over the decisions about tokens.</summary>
    public void SetTokens(long allowed, long denied, long fetched, long failed)
    {
        _tokens.WithLabels("allowed").IncTo(allowed);
        _tokens.WithLabels("denied").IncTo(denied);
        _keyFetches.WithLabels("success").IncTo(fetched);
        _keyFetches.WithLabels("failure").IncTo(failed);
    }

    /// <summary>Brings over a listener's counts.</summary>
    public void SetConnections(string listener, long open, long total, long pauses)
    {
        _connectionsOpen.WithLabels(listener).Set(open);
        // A port that was closed and bound again counts from zero, which a counter only does by beginning anew.
        foreach ((Counter counter, long value) in (ReadOnlySpan<(Counter, long)>)[(_connections, total), (_acceptPauses, pauses)])
        {
            if (counter.WithLabels(listener).Value > value)
                counter.RemoveLabelled(listener);
            counter.WithLabels(listener).IncTo(value);
        }
    }

    /// <summary>Brings over the lag of an event loop.</summary>
    public void SetLoopLag(int loop, TimeSpan lag) => _loopLag.WithLabels(loop.ToString(CultureInfo.InvariantCulture)).Set(lag.TotalSeconds);

    /// <summary>Brings over one certificate; of several under one name, the one that ends first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="notAfter">When it ends; null = there is none that can be used.</param>
    /// <param name="isBad">Whether its newest version cannot be used.</param>
    public void SetCertificate(string name, DateTimeOffset? notAfter, bool isBad)
    {
        if (notAfter is { } end)
            _certificateExpiry.WithLabels(name).Set(end.ToUnixTimeSeconds());
        _certificateBad.WithLabels(name).Set(isBad ? 1 : 0);
    }

    /// <summary>Brings over the orders of one certificate.</summary>
    public void SetOrder(string name, DateTimeOffset? nextRenewal, int failures)
    {
        if (nextRenewal is { } next)
            _certificateRenewal.WithLabels(name).Set(next.ToUnixTimeSeconds());
        _orderFailures.WithLabels(name).Set(failures);
    }

    /// <summary>Brings over the counts of clients' handshakes.</summary>
    public void SetHandshakes(long succeeded, long failed)
    {
        _handshakes.WithLabels("success").IncTo(succeeded);
        _handshakes.WithLabels("failure").IncTo(failed);
    }

    /// <summary>Brings over the count of client certificates refused for one reason.</summary>
    public void SetRefusedCertificates(string reason, long total) => _refusedCertificates.WithLabels(reason).IncTo(total);

    /// <summary>Forgets certificates and listeners that are no more.</summary>
    public void Retain(IReadOnlySet<string> certificates, IReadOnlySet<string> listeners)
    {
        foreach (Gauge gauge in (Gauge[])[_certificateExpiry, _certificateBad, _certificateRenewal, _orderFailures])
        {
            foreach (string[] labels in gauge.GetAllLabelValues())
            {
                if (!certificates.Contains(labels[0]))
                    gauge.RemoveLabelled(labels);
            }
        }
        foreach (string[] labels in _connectionsOpen.GetAllLabelValues())
        {
            if (!listeners.Contains(labels[0]))
            {
                _connectionsOpen.RemoveLabelled(labels);
                _connections.RemoveLabelled(labels);
                _acceptPauses.RemoveLabelled(labels);
            }
        }
    }
}
