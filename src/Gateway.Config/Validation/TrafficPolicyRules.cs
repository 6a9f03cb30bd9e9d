using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The policies of a DestinationRule, of a subset or of a port.</summary>
internal static class TrafficPolicyRules
{
    /// <summary>Checks a policy with those of its ports.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="warn">Istio's admission says its warnings about the policy of the whole rule only, not about those of subsets and ports.</param>
    public static void Check(Findings findings, TrafficPolicy? policy, bool warn)
    {
        if (policy is null)
            return;
        bool hasPart = policy.OutlierDetection is not null || policy.ConnectionPool is not null || policy.LoadBalancer is not null
            || policy.Tls is not null || !policy.PortLevelSettings.IsEmpty || policy.Tunnel is not null
            || policy.ProxyProtocol is not null || policy.RetryBudget is not null;
        if (!hasPart)
        {
            findings.Error(policy, "", "A traffic policy must have at least one field; leave it out if there is nothing to say.");
            return;
        }
        if (policy.Tunnel is not null && policy.ProxyProtocol is not null)
        {
            findings.Error(policy, "proxyProtocol", "tunnel and proxyProtocol must not be set together.");
            return;
        }

        OutlierDetectionRules.Check(findings, policy.OutlierDetection, warn);
        ConnectionPoolRules.Check(findings, policy.ConnectionPool);
        LoadBalancerRules.Check(findings, policy.LoadBalancer, policy.OutlierDetection is not null, warn);
        ClientTlsRules.Check(findings, policy.Tls);
        foreach (PortTrafficPolicy port in policy.PortLevelSettings)
            CheckPort(findings, port);
        CheckTunnel(findings, policy.Tunnel);
    }

    private static void CheckPort(Findings findings, PortTrafficPolicy policy)
    {
        if (policy.Port is null)
            findings.Error(policy, "port", "A port's traffic policy must have a valid port: write port with a number from 1 to 65535.");
        if (policy.OutlierDetection is null && policy.ConnectionPool is null && policy.LoadBalancer is null && policy.Tls is null)
        {
            findings.Error(policy, "", "A port's traffic policy must have at least one field.");
            return;
        }
        OutlierDetectionRules.Check(findings, policy.OutlierDetection, warn: false);
        ConnectionPoolRules.Check(findings, policy.ConnectionPool);
        LoadBalancerRules.Check(findings, policy.LoadBalancer, policy.OutlierDetection is not null, warn: false);
        ClientTlsRules.Check(findings, policy.Tls);
    }

    private static void CheckTunnel(Findings findings, TunnelSettings? tunnel)
    {
        if (tunnel is null)
            return;
        if (!string.IsNullOrEmpty(tunnel.Protocol) && tunnel.Protocol is not ("CONNECT" or "POST"))
            findings.Error(tunnel, "protocol", "The tunnel protocol must be \"CONNECT\" or \"POST\".");
        if (!AddressRules.IsIpAddress(tunnel.TargetHost) && HostNameRules.Fqdn(tunnel.TargetHost) is { } fault)
            findings.Error(tunnel, "targetHost", $"The tunnel target host must be a valid FQDN or IP address. {fault}");
        if (AddressRules.PortFault(tunnel.TargetPort ?? 0) is { } portFault)
            findings.Error(tunnel, "targetPort", $"The tunnel target port is invalid. {portFault}");
    }
}
