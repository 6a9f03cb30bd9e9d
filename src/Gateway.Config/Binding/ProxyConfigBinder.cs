using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>How a gateway stands in the network. Istio <c>ProxyConfig gatewayTopology</c>.</summary>
internal sealed record Topology(int? TrustedProxies, string? ForwardClientCert, bool ProxyProtocol);

/// <summary>The parts of Istio's <c>ProxyConfig</c> that a gateway uses.</summary>
internal sealed record ProxyDefaults(Topology? Topology, ProxyHeaders? Headers);

/// <summary>Reads <c>MeshConfig defaultConfig</c>.</summary>
internal static class ProxyConfigBinder
{
    private static readonly string[] ClientCertDetails = ["UNDEFINED", "SANITIZE", "FORWARD_ONLY", "APPEND_FORWARD", "SANITIZE_SET", "ALWAYS_FORWARD_ONLY"];

    private sealed record Switch(bool? Disabled, bool? Enabled, string? Value);

    private sealed record Names(EquatableArray<string> All);

    private sealed record Empty;

    public static ProxyDefaults ProxyConfig(ObjectReader r)
    {
        ProxyDefaults proxy = new(r.Object("gatewayTopology", TopologyOf), r.Object("proxyHeaders", Headers));
        r.Ignore("configPath", "binaryPath", "serviceCluster", "drainDuration", "parentShutdownDuration", "discoveryAddress",
            "discoveryRefreshDelay", "zipkinAddress", "statsdUdpAddress", "envoyMetricsServiceAddress", "proxyAdminPort",
            "availabilityZone", "controlPlaneAuthPolicy", "customConfigFile", "statNameLength", "concurrency",
            "proxyBootstrapTemplatePath", "interceptionMode", "tracing", "sds", "envoyAccessLogService", "envoyMetricsService",
            "proxyMetadata", "runtimeValues", "statusPort", "extraStatTags", "terminationDrainDuration", "meshId", "readinessProbe",
            "proxyStatsMatcher", "holdApplicationUntilProxyStarts", "caCertificatesPem", "image", "privateKeyProvider",
            "fileFlushInterval", "fileFlushMinSizeKb", "statsCompression", "connectionSettings");
        return proxy;
    }

    private static Topology TopologyOf(ObjectReader r)
    {
        string? forward = r.String("forwardClientCertDetails");
        if (forward is not null && !ClientCertDetails.Contains(forward))
        {
            r.Report(DiagnosticCatalogue.BadEnum, $"'{forward}' is not one of {string.Join(", ", ClientCertDetails)}.",
                r.Node["forwardClientCertDetails"]!, "forwardClientCertDetails");
        }
        return new(r.Count("numTrustedProxies"), forward is "UNDEFINED" ? null : forward, r.Object("proxyProtocol", _ => new Empty()) is not null);
    }

    private static ProxyHeaders Headers(ObjectReader r)
    {
        ProxyHeaders defaults = new();
        Switch? server = r.Object("server", Server);
        ProxyHeaders headers = new()
        {
            Node = r.Node,
            ServerDisabled = server?.Disabled ?? defaults.ServerDisabled,
            ServerValue = server?.Value is { Length: > 0 } name ? name : defaults.ServerValue,
            RequestIdDisabled = r.Object("requestId", Disabled)?.Disabled ?? defaults.RequestIdDisabled,
            AttemptCountDisabled = r.Object("attemptCount", Disabled)?.Disabled ?? defaults.AttemptCountDisabled,
            EnvoyDebugHeadersDisabled = r.Object("envoyDebugHeaders", Disabled)?.Disabled ?? defaults.EnvoyDebugHeadersDisabled,
            PreserveHttp1HeaderCase = r.Boolean("preserveHttp1HeaderCase") ?? defaults.PreserveHttp1HeaderCase,
            XForwardedHost = r.Object("xForwardedHost", Enabled)?.Enabled ?? defaults.XForwardedHost,
            XForwardedPort = r.Object("xForwardedPort", Enabled)?.Enabled ?? defaults.XForwardedPort,
            SetCurrentClientCertDetails = r.Object("setCurrentClientCertDetails", CurrentDetails)?.All ?? defaults.SetCurrentClientCertDetails,
        };
        r.Ignore("forwardedClientCert", "metadataExchangeHeaders");
        return headers;
    }

    private static Switch Server(ObjectReader r) => new(r.Boolean("disabled"), null, r.String("value"));

    private static Switch Disabled(ObjectReader r) => new(r.Boolean("disabled"), null, null);

    private static Switch Enabled(ObjectReader r) => new(null, r.Boolean("enabled"), null);

    private static Names CurrentDetails(ObjectReader r)
    {
        List<string> names = [];
        foreach (string name in (ReadOnlySpan<string>)["subject", "cert", "chain", "dns", "uri"])
        {
            if (r.Boolean(name) == true)
                names.Add(name);
        }
        return new([.. names]);
    }
}
