using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A ServiceEntry: hosts, addresses and ports; what its resolution asks for stands in <see cref="ServiceEntryResolutionRules"/>.</summary>
internal static class ServiceEntryValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, ServiceEntrySpec spec)
    {
        if (spec.WorkloadSelector is { } selector)
        {
            // Istio judges nothing else while it is not clear whom the entry is for.
            if (!LabelRules.CheckSelector(findings, selector, "labels", selector.Labels))
                return;
            if (selector.Labels.IsEmpty)
                findings.Warning(selector, "labels", "The workload selector is specified without labels: it will be applied to all workloads in the namespace.");
            if (!spec.Endpoints.IsEmpty)
                findings.Error(spec, "endpoints", "Only one of workloadSelector or endpoints is allowed in a service entry; leave the other out.");
        }

        ServiceEntryResolution resolution = spec.Resolution ?? ServiceEntryResolution.None;
        CheckHosts(findings, spec, resolution);
        CheckAddresses(findings, spec, resolution);
        HashSet<string> portNames = CheckPorts(findings, spec, resolution);
        ServiceEntryResolutionRules.Check(findings, spec, resolution, portNames);
        CheckHostsCanBeTold(findings, spec, resolution);
        ExportToRules.Check(findings, spec, spec.ExportTo, mayBeNone: true);
    }

    private static void CheckHosts(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution)
    {
        if (spec.Hosts.IsEmpty)
            findings.Error(spec, "hosts", "A service entry must have at least one host: write hosts.");
        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            string host = spec.Hosts[i];
            if (host == "*")
            {
                findings.Error(spec, "hosts", i, "Invalid host *: a hostname cannot be a full wildcard.");
                continue;
            }
            if (HostNameRules.WildcardDomain(host) is { } fault)
                findings.Error(spec, "hosts", i, fault);
            if (resolution != ServiceEntryResolution.DynamicDns && HostNameRules.PartialWildcard(host) is { } partial)
                findings.Warning(spec, $"hosts[{i}]", partial);
        }
    }

    private static void CheckAddresses(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution)
    {
        bool blocksAllowed = resolution is ServiceEntryResolution.None or ServiceEntryResolution.Static;
        bool reported = false;
        for (int i = 0; i < spec.Addresses.Count; i++)
        {
            string address = spec.Addresses[i];
            if (AddressRules.SubnetFault(address) is { } fault)
                findings.Error(spec, "addresses", i, fault);
            if (!blocksAllowed && !reported && address.Contains('/', StringComparison.Ordinal))
            {
                findings.Error(spec, "addresses", i, "CIDR addresses are allowed only for NONE/STATIC resolution types.");
                reported = true;
            }
        }
    }

    private static HashSet<string> CheckPorts(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution)
    {
        bool hasAddress = !spec.Addresses.IsEmpty || IsAddressAllocated(findings, resolution);
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<int> numbers = [];
        foreach (ServicePort port in spec.Ports)
        {
            if (!names.Add(port.Name ?? ""))
                findings.Error(port, "name", $"Duplicate value: the service entry port name \"{port.Name}\" is already defined.");
            if (!numbers.Add(port.Number ?? 0))
                findings.Error(port, "number", $"The service entry port {port.Number} is already defined; a port number cannot be duplicated.");
            if (port.TargetPort is { } target && AddressRules.PortFault(target) is { } targetFault)
                findings.Error(port, "targetPort", targetFault);
            if (!hasAddress && (string.IsNullOrEmpty(port.Protocol) || port.Protocol == "TCP"))
                findings.Warning(port, "protocol", "Addresses are required for ports serving TCP (or unset) protocol when no IP address is allocated automatically.");
            if (!LabelRules.IsDnsLabel(port.Name))
                findings.Error(port, "name", $"Invalid port name: \"{port.Name}\" is no DNS label.");
            ProtocolName.CheckOptional(findings, port);
            if (AddressRules.PortFault(port.Number ?? 0) is { } fault)
                findings.Error(port, "number", fault);
        }
        return names;
    }

    // Istio gives such services an address of its own, unless a label says no.
    private static bool IsAddressAllocated(Findings findings, ServiceEntryResolution resolution)
    {
        if (resolution == ServiceEntryResolution.None)
            return false;
        return !findings.Resource.Metadata.Labels.TryGetValue("networking.istio.io/enable-autoallocate-ip", out string? value)
            || !value.Equals("false", StringComparison.OrdinalIgnoreCase);
    }

    // HTTP has the authority and TLS the SNI; in plain TCP nothing says which of several hosts is meant.
    private static void CheckHostsCanBeTold(Findings findings, ServiceEntrySpec spec, ServiceEntryResolution resolution)
    {
        if (resolution == ServiceEntryResolution.None || spec.Hosts.Count < 2)
            return;
        foreach (ServicePort port in spec.Ports)
        {
            if (!ProtocolName.IsHttp(port.Protocol) && !ProtocolName.IsTls(port.Protocol))
            {
                findings.Error(port, "protocol", "Multiple hosts are provided with non-HTTP, non-TLS ports: connections do not tell which is meant. Write an entry for each host.");
                return;
            }
        }
    }
}
