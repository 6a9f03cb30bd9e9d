using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A VirtualService: hosts, gateways, and its rules.</summary>
internal static class VirtualServiceValidator
{
    private const string Mesh = "mesh";

    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, VirtualServiceSpec spec)
    {
        bool isDelegate = spec.Hosts.IsEmpty;
        bool fromGatewayApi = MetadataRules.IsConvertedRoute(findings);
        bool boundToGateway = !spec.Gateways.IsEmpty && !Contains(spec.Gateways, Mesh);

        if (isDelegate)
            CheckDelegate(findings, spec);
        GatewayNameRules.Check(findings, spec, spec.Gateways, fromGatewayApi);
        if (!boundToGateway)
        {
            foreach (HttpRoute rule in spec.Http)
            {
                foreach (HttpMatchRequest match in rule.Match)
                    HttpMatchValidator.CheckNoJwtClaims(findings, match);
            }
        }
        HostPatterns hosts = new(spec.Hosts);
        CheckHosts(findings, spec, hosts, boundToGateway);

        if (spec.Http.IsEmpty && spec.Tcp.IsEmpty && spec.Tls.IsEmpty)
            findings.Error(spec, "", "http, tcp or tls must be provided in a virtual service.");
        foreach (HttpRoute rule in spec.Http)
            HttpRouteValidator.Check(findings, rule, isDelegate, fromGatewayApi);
        // Istio judges SNI hosts by "mesh is not listed", even when no gateway is.
        bool meshIsNotListed = !Contains(spec.Gateways, Mesh);
        foreach (TlsRoute rule in spec.Tls)
            L4RouteValidator.CheckTls(findings, rule, hosts, meshIsNotListed, fromGatewayApi);
        foreach (TcpRoute rule in spec.Tcp)
            L4RouteValidator.CheckTcp(findings, rule, fromGatewayApi);
        ExportToRules.Check(findings, spec, spec.ExportTo);
        UnreachableRules.Check(findings, spec);
    }

    private static void CheckDelegate(Findings findings, VirtualServiceSpec spec)
    {
        if (!spec.Gateways.IsEmpty)
            findings.Error(spec, "gateways", "A delegate virtual service (one without hosts) must have no gateways specified.");
        if (!spec.Tls.IsEmpty)
            findings.Error(spec, "tls", "A delegate virtual service (one without hosts) must have no tls route specified.");
        if (!spec.Tcp.IsEmpty)
            findings.Error(spec, "tcp", "A delegate virtual service (one without hosts) must have no tcp route specified.");
    }

    private static void CheckHosts(Findings findings, VirtualServiceSpec spec, HostPatterns hosts, bool boundToGateway)
    {
        bool hasSniMatch = HasSniMatch(spec);
        bool allValid = true;
        for (int i = 0; i < spec.Hosts.Count; i++)
        {
            string host = spec.Hosts[i];
            string? fault = boundToGateway ? HostNameRules.GatewayBoundDomain(hasSniMatch, host) : HostNameRules.WildcardDomain(host);
            if (fault is not null)
            {
                if (AddressRules.IsIpAddress(host))
                    continue;
            }
            else if (!boundToGateway && host == "*")
            {
                fault = "The wildcard host * is not allowed for virtual services bound to the mesh gateway.";
            }
            if (fault is not null)
            {
                findings.Error(spec, "hosts", i, fault);
                allValid = false;
            }
        }
        if (!allValid)
            return;
        // *.foo.com and *.com are duplicates too: one name would be in the VirtualService twice.
        foreach ((int first, int second) in hosts.Overlaps())
            findings.Error(spec, "hosts", second, $"Duplicate hosts in virtual service: {spec.Hosts[first]} and {spec.Hosts[second]}.");
    }

    private static bool HasSniMatch(VirtualServiceSpec spec)
    {
        foreach (TlsRoute rule in spec.Tls)
        {
            foreach (TlsMatchAttributes match in rule.Match)
            {
                if (!match.SniHosts.IsEmpty)
                    return true;
            }
        }
        return false;
    }

    private static bool Contains(EquatableArray<string> list, string value) => list.AsSpan().Contains(value);
}
