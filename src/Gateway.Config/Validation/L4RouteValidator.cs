using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>TLS and TCP rules of a VirtualService.</summary>
internal static class L4RouteValidator
{
    /// <summary>Checks a TLS rule, which needs a match with SNI hosts among the hosts of its VirtualService.</summary>
    public static void CheckTls(Findings findings, TlsRoute rule, HostPatterns hosts, bool boundToGateway, bool fromGatewayApi)
    {
        if (rule.Match.IsEmpty)
            findings.Error(rule, "match", "A TLS route must have at least one match condition.");
        foreach (TlsMatchAttributes match in rule.Match)
        {
            if (match.SniHosts.IsEmpty)
                findings.Error(match, "sniHosts", "A TLS match must have at least one SNI host.");
            for (int i = 0; i < match.SniHosts.Count; i++)
                CheckSniHost(findings, match, i, hosts, boundToGateway);
            CheckConditions(findings, match, match.DestinationSubnets, match.Port, match.SourceLabels);
            GatewayNameRules.Check(findings, match, match.Gateways);
        }
        if (rule.Route.IsEmpty)
            findings.Error(rule, "route", "A TLS route is required: the rule has no destination.");
        DestinationRules.CheckL4(findings, rule, rule.Route, fromGatewayApi);
    }

    /// <summary>Checks a TCP rule.</summary>
    public static void CheckTcp(Findings findings, TcpRoute rule, bool fromGatewayApi)
    {
        foreach (L4MatchAttributes match in rule.Match)
        {
            CheckConditions(findings, match, match.DestinationSubnets, match.Port, match.SourceLabels);
            GatewayNameRules.Check(findings, match, match.Gateways, warn: false);
        }
        if (rule.Route.IsEmpty)
            findings.Error(rule, "route", "A TCP route is required: the rule has no destination.");
        DestinationRules.CheckL4(findings, rule, rule.Route, fromGatewayApi);
    }

    private static void CheckConditions(Findings findings, SpecRecord match, EquatableArray<string> subnets, int? port, EquatableMap<string> labels)
    {
        for (int i = 0; i < subnets.Count; i++)
        {
            if (AddressRules.SubnetFault(subnets[i]) is { } fault)
                findings.Error(match, "destinationSubnets", i, fault);
        }
        if (port is { } number and not 0 && AddressRules.PortFault(number) is { } portFault)
            findings.Error(match, "port", portFault);
        LabelRules.Check(findings, match, "sourceLabels", labels);
    }

    private static void CheckSniHost(Findings findings, TlsMatchAttributes match, int index, HostPatterns hosts, bool boundToGateway)
    {
        string host = match.SniHosts[index];
        string? fault = boundToGateway ? HostNameRules.GatewayBoundDomain(sni: true, host) : HostNameRules.WildcardDomain(host);
        if (fault is not null)
        {
            if (AddressRules.IsIpAddress(host))
                findings.Warning(match, $"sniHosts[{index}]", $"Using an IP address (\"{host}\") goes against the SNI spec and most clients do not support it.");
            else
                findings.Error(match, "sniHosts", index, fault);
            return;
        }
        if (!hosts.Cover(host))
            findings.Error(match, "sniHosts", index, $"SNI host \"{host}\" is not a compatible subset of any of the virtual service hosts.");
    }
}
