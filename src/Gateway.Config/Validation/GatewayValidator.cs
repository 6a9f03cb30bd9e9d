using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>A Gateway: its servers with their ports, hosts and TLS.</summary>
internal static class GatewayValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, GatewaySpec spec)
    {
        bool fromGatewayApi = MetadataRules.IsConvertedGateway(findings);
        if (!fromGatewayApi && !LabelRules.IsDnsLabel(findings.Resource.Metadata.Name))
            findings.MetadataError("name", $"Invalid gateway name: \"{findings.Resource.Metadata.Name}\" is no DNS label.");
        if (spec.Servers.IsEmpty)
            findings.Error(spec, "servers", "A gateway must have at least one server.");

        HashSet<string> portNames = new(StringComparer.Ordinal);
        foreach (Server server in spec.Servers)
        {
            CheckServer(findings, server, fromGatewayApi);
            if (server.Port is not { } port)
                continue;
            if (!portNames.Add(port.Name ?? ""))
                findings.Error(port, "name", $"Port names in servers must be unique: duplicate name {port.Name}.");
            if (server.Tls is { HttpsRedirect: true } tls && !ProtocolName.IsHttp(port.Protocol))
                findings.Warning(tls, "httpsRedirect", "tls.httpsRedirect should only be used with http servers.");
        }
    }

    private static void CheckServer(Findings findings, Server server, bool fromGatewayApi)
    {
        if (server.Hosts.IsEmpty)
            findings.Error(server, "hosts", "A server config must contain at least one host.");
        for (int i = 0; i < server.Hosts.Count; i++)
            HostNameRules.CheckServerHost(findings, server, i, fromGatewayApi);
        bool portIsGood = CheckPort(findings, server);
        CheckBind(findings, server);
        ServerTlsRules.Check(findings, server.Tls);
        if (portIsGood)
            CheckTlsFitsProtocol(findings, server);
    }

    private static bool CheckPort(Findings findings, Server server)
    {
        if (server.Port is not { } port)
        {
            findings.Error(server, "port", "A port is required: write port with number, name and protocol.");
            return false;
        }
        bool good = true;
        if (!ProtocolName.IsKnown(port.Protocol))
        {
            findings.Error(port, "protocol", $"Invalid protocol \"{port.Protocol}\"; supported protocols are HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP, TLS.");
            good = false;
        }
        int number = port.Number ?? 0;
        if ((number != 0 || !IsUnix(server.Bind)) && AddressRules.PortFault(number) is { } fault)
        {
            findings.Error(port, "number", fault);
            good = false;
        }
        if (port.TargetPort is > 0)
        {
            findings.Error(port, "targetPort", "targetPort has no impact on Gateways.");
            good = false;
        }
        if (string.IsNullOrEmpty(port.Name))
        {
            findings.Error(port, "name", "The port name must be set.");
            good = false;
        }
        return good;
    }

    private static void CheckBind(Findings findings, Server server)
    {
        if (string.IsNullOrEmpty(server.Bind))
            return;
        if (!IsUnix(server.Bind))
        {
            if (!AddressRules.IsIpAddress(server.Bind))
                findings.Error(server, "bind", $"{server.Bind} is not a valid IP address.");
            return;
        }
        if (AddressRules.UnixPathFault(server.Bind[AddressRules.UnixPrefix.Length..]) is { } fault)
            findings.Error(server, "bind", fault);
        if (server.Port is { Number: not (null or 0) } port)
            findings.Error(port, "number", "The port number must be 0 for a unix domain socket.");
    }

    private static void CheckTlsFitsProtocol(Findings findings, Server server)
    {
        string? protocol = server.Port!.Protocol;
        if (server.Tls is not { } tls)
        {
            if (ProtocolName.IsTls(protocol))
                findings.Error(server, "tls", "A server must have TLS settings for HTTPS/TLS protocols: write tls with its mode.");
        }
        else if (!ProtocolName.IsTls(protocol))
        {
            if (!ProtocolName.IsHttp(protocol))
                findings.Error(server, "tls", "A server cannot have TLS settings for non HTTPS/TLS ports: change the port's protocol, or leave tls out.");
            else if (!IsRedirectOnly(tls))
                findings.Error(server, "tls", "A server cannot have TLS settings for plain text HTTP ports, apart from httpsRedirect.");
        }
    }

    // A mode left out is PASSTHROUGH, which is how a bare httpsRedirect looks.
    private static bool IsRedirectOnly(ServerTlsSettings tls) =>
        (tls.Mode ?? ServerTlsMode.Passthrough) is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough
        && string.IsNullOrEmpty(tls.CaCertificates)
        && string.IsNullOrEmpty(tls.PrivateKey)
        && string.IsNullOrEmpty(tls.ServerCertificate);

    private static bool IsUnix(string? bind) => bind?.StartsWith(AddressRules.UnixPrefix, StringComparison.Ordinal) ?? false;
}
