using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A WorkloadEntry, alone or as endpoint of a ServiceEntry.</summary>
internal static class WorkloadEntryValidator
{
    /// <summary>Checks an entry on its own: which service it belongs to is not known.</summary>
    public static void Check(Findings findings, WorkloadEntrySpec entry) => Check(findings, entry, servicePorts: null, allowNames: true);

    /// <summary>Checks an entry.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="servicePorts">Port names of its service; null = unknown.</param>
    /// <param name="allowNames">Whether the address may be a DNS name.</param>
    public static void Check(Findings findings, WorkloadEntrySpec entry, HashSet<string>? servicePorts, bool allowNames)
    {
        string address = entry.Address ?? "";
        if (address.Length == 0)
        {
            if (string.IsNullOrEmpty(entry.Network))
            {
                findings.Error(entry, "address", "An address is required: an IP address, a name, or the path of a Unix socket.");
                return;
            }
            findings.Warning(entry, "address", $"The address is unset with network \"{entry.Network}\".");
        }

        bool unix = address.StartsWith(AddressRules.UnixPrefix, StringComparison.Ordinal);
        if (unix)
        {
            if (AddressRules.UnixPathFault(address[AddressRules.UnixPrefix.Length..]) is { } fault)
                findings.Error(entry, "address", fault);
            if (!entry.Ports.IsEmpty)
                findings.Error(entry, "ports", $"The unix endpoint {address} must not include ports.");
        }
        else if (address.Length > 0 && !AddressRules.IsIpAddress(address))
        {
            if (!allowNames)
                findings.Error(entry, "address", $"The endpoint address \"{address}\" is not a valid IP address.");
            else
                CheckName(findings, entry, address);
        }

        CheckPorts(findings, entry, servicePorts);
        LabelRules.Check(findings, entry, "labels", entry.Labels);
        if (unix && servicePorts is { Count: not 1 })
            findings.Error(entry, "address", "Exactly 1 service port is required for unix endpoints.");
    }

    /// <summary>An endpoint that is resolved by DNS: an address or a name, no socket.</summary>
    public static void CheckResolvable(Findings findings, WorkloadEntrySpec entry, HashSet<string> servicePorts)
    {
        if (!AddressRules.IsIpAddress(entry.Address))
            CheckName(findings, entry, entry.Address ?? "");
        LabelRules.Check(findings, entry, "labels", entry.Labels);
        CheckPorts(findings, entry, servicePorts);
    }

    private static void CheckName(Findings findings, WorkloadEntrySpec entry, string address)
    {
        if (HostNameRules.Fqdn(address) is not null)
            findings.Error(entry, "address", $"The endpoint address \"{address}\" is not a valid FQDN or an IP address.");
    }

    private static void CheckPorts(Findings findings, WorkloadEntrySpec entry, HashSet<string>? servicePorts)
    {
        foreach (KeyValuePair<string, uint> port in entry.Ports)
        {
            if (servicePorts is not null && !servicePorts.Contains(port.Key))
                findings.ErrorAtKey(entry, "ports", port.Key, $"The endpoint port \"{port.Key}\" is not defined by the service entry.");
            if (!LabelRules.IsDnsLabel(port.Key))
                findings.ErrorAtKey(entry, "ports", port.Key, $"Invalid port name: \"{port.Key}\" is no DNS label.");
            if (AddressRules.PortFault(port.Value) is { } fault)
                findings.ErrorAtKey(entry, "ports", port.Key, fault);
        }
    }
}
