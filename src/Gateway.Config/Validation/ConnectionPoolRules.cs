using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Limits of connections and requests.</summary>
internal static class ConnectionPoolRules
{
    /// <summary>Checks the settings.</summary>
    public static void Check(Findings findings, ConnectionPoolSettings? pool)
    {
        if (pool is null)
            return;
        if (pool.Http is null && pool.Tcp is null)
            findings.Error(pool, "", "A connection pool must have at least one field: tcp or http.");
        CheckHttp(findings, pool.Http);
        CheckTcp(findings, pool.Tcp);
    }

    private static void CheckHttp(Findings findings, HttpPoolSettings? http)
    {
        if (http is null)
            return;
        ScalarRules.CheckNonNegative(findings, http, "http1MaxPendingRequests", http.Http1MaxPendingRequests);
        ScalarRules.CheckNonNegative(findings, http, "http2MaxRequests", http.Http2MaxRequests);
        ScalarRules.CheckNonNegative(findings, http, "maxRequestsPerConnection", http.MaxRequestsPerConnection);
        ScalarRules.CheckNonNegative(findings, http, "maxRetries", http.MaxRetries);
        ScalarRules.CheckNonNegative(findings, http, "maxConcurrentStreams", http.MaxConcurrentStreams);
        ScalarRules.CheckDuration(findings, http, "idleTimeout", http.IdleTimeout);
        if (http.H2UpgradePolicy == H2UpgradePolicy.Upgrade && http.UseClientProtocol is true)
            findings.Error(http, "useClientProtocol", "useClientProtocol must not be true when h2UpgradePolicy is UPGRADE.");
        if (http.Http2KeepAlive is { } keepAlive)
        {
            if (keepAlive.Interval is null)
                findings.Error(keepAlive, "interval", "The http2 keepalive interval is required: write a duration, such as 30s.");
            if (keepAlive.Timeout is null)
                findings.Error(keepAlive, "timeout", "The http2 keepalive timeout is required: write a duration, such as 5s.");
            ScalarRules.CheckDuration(findings, keepAlive, "interval", keepAlive.Interval);
            ScalarRules.CheckDuration(findings, keepAlive, "timeout", keepAlive.Timeout);
        }
    }

    private static void CheckTcp(Findings findings, TcpPoolSettings? tcp)
    {
        if (tcp is null)
            return;
        ScalarRules.CheckNonNegative(findings, tcp, "maxConnections", tcp.MaxConnections);
        ScalarRules.CheckDuration(findings, tcp, "connectTimeout", tcp.ConnectTimeout);
        ScalarRules.CheckDuration(findings, tcp, "maxConnectionDuration", tcp.MaxConnectionDuration);
        // Nothing left in whole milliseconds = the timeout is switched off.
        if (tcp.IdleTimeout is { } idle && idle.Ticks / TimeSpan.TicksPerMillisecond != 0)
            ScalarRules.CheckDuration(findings, tcp, "idleTimeout", idle);
        if (tcp.TcpKeepalive is { } keepalive)
        {
            ScalarRules.CheckDuration(findings, keepalive, "time", keepalive.Time);
            ScalarRules.CheckDuration(findings, keepalive, "interval", keepalive.Interval);
        }
    }
}
