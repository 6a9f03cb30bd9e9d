using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>What each way to resolve a ServiceEntry asks of hosts, addresses and endpoints.</summary>
internal static class ServiceEntryResolutionRules
{
    /// <summary>Checks the spec against its resolution.</summary>
    public static void Check(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution, HashSet<string> portNames)
    {
        switch (resolution)
        {
            case ServiceEntryResolution.None:
                CheckNone(findings, spec);
                break;
            case ServiceEntryResolution.Static:
                foreach (WorkloadEntrySpec endpoint in spec.Endpoints)
                    WorkloadEntryValidator.Check(findings, endpoint, portNames, allowNames: false);
                break;
            case ServiceEntryResolution.DynamicDns:
                CheckDynamicDns(findings, spec);
                break;
            default:
                CheckDns(findings, spec, resolution, portNames);
                break;
        }
    }

    private static void CheckNone(Findings findings, ServiceEntrySpec spec)
    {
        if (!spec.Endpoints.IsEmpty)
            findings.Error(spec, "endpoints", "Endpoints cannot be set for resolution mode NONE.");
        if (spec.WorkloadSelector is not null)
            findings.Warning(spec, "workloadSelector", "workloadSelector should not be set when the resolution mode is NONE.");
    }

    private static void CheckDns(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution, HashSet<string> portNames)
    {
        if (spec.Endpoints.IsEmpty)
        {
            for (int i = 0; i < spec.Hosts.Count; i++)
            {
                if (HostNameRules.Fqdn(spec.Hosts[i]) is not { } fault)
                    continue;
                findings.Error(spec, "hosts", i, $"Hosts must be FQDN if no endpoints are provided for a DNS resolution mode. {fault}");
                break;
            }
        }
        if (resolution == ServiceEntryResolution.DnsRoundRobin && spec.Endpoints.Count > 1)
            findings.Error(spec, "endpoints", "There must be at most 1 endpoint for resolution mode DNS_ROUND_ROBIN.");
        foreach (WorkloadEntrySpec endpoint in spec.Endpoints)
            WorkloadEntryValidator.CheckResolvable(findings, endpoint, portNames);
        if (spec.Addresses.Count > 0 && spec.Hosts.Count > 1 && HasTcpPort(spec))
            findings.Warning(spec, "hosts", "A service entry can not have more than one host specified simultaneously with address and tcp port.");
    }

    private static void CheckDynamicDns(Findings findings, ServiceEntrySpec spec)
    {
        if (spec.Hosts.IsEmpty)
            findings.Error(spec, "hosts", "At least one wildcard host must be provided for resolution type DYNAMIC_DNS.");
        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            if (!HostNameRules.IsWildcard(spec.Hosts[i]))
                findings.Error(spec, "hosts", i, "The host must be wildcarded for resolution mode DYNAMIC_DNS.");
        }
        if (!spec.Addresses.IsEmpty)
            findings.Error(spec, "addresses", "Addresses cannot be set for resolution type DYNAMIC_DNS: names come from the hosts field alone.");
        if (!spec.Endpoints.IsEmpty)
            findings.Error(spec, "endpoints", "Endpoints cannot be set for resolution type DYNAMIC_DNS: the destination is found from the hosts field.");
        foreach (ServicePort port in spec.Ports)
        {
            if (!ProtocolName.NamesItsHost(port.Protocol))
                findings.Error(port, "protocol", "Only HTTP, TLS, GRPC and HTTP2 protocols are supported for resolution type DYNAMIC_DNS.");
        }
        if (spec.Location == ServiceEntryLocation.MeshInternal && UsesWaypoint(findings))
            findings.Error(spec, "location", "Location MESH_INTERNAL with resolution type DYNAMIC_DNS is not supported when using waypoints.");
    }

    private static bool HasTcpPort(ServiceEntrySpec spec)
    {
        foreach (ServicePort port in spec.Ports)
        {
            if (ProtocolName.IsTcp(port.Protocol))
                return true;
        }
        return false;
    }

    private static bool UsesWaypoint(Findings findings) =>
        findings.Resource.Metadata.Labels.TryGetValue("istio.io/use-waypoint", out string? value)
        && value.Length > 0
        && !value.Equals("none", StringComparison.OrdinalIgnoreCase);
}
