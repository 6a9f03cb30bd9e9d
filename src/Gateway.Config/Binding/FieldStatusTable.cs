using System.Collections.Frozen;
using static Gateway.Config.Binding.FieldSupport;

namespace Gateway.Config.Binding;

/// <summary>
/// The one list of fields that are not simply supported: findings come from it, and <c>docs/compatibility.md</c> is
/// compared with it. Who makes a field work takes its row away.
/// </summary>
internal static class FieldStatusTable
{
    private const string Servers = "spec.servers[].";
    private const string Http = "spec.http[].";

    /// <summary>The rows.</summary>
    public static IReadOnlyList<FieldStatus> Rows { get; } =
    [
        .. OfGateway(),
        .. OfVirtualService(),
        .. OfTrafficPolicy("spec.trafficPolicy."),
        .. OfTrafficPolicy("spec.subsets[].trafficPolicy."),
        .. OfServiceEntry(),
        .. OfWorkload("ServiceEntry", "spec.endpoints[]."),
        .. OfWorkload("WorkloadEntry", "spec."),
        .. OfSecurity(),
        .. OfTelemetry(),
        .. OfIssuers(),
        .. OfKubernetes(),
        .. OfMeshConfig(),
    ];

    private static readonly FrozenDictionary<string, FieldStatusNode> Roots = Build();

    /// <summary>The root of a kind's tree; null if everything is supported.</summary>
    public static FieldStatusNode? Of(string kind) => Roots.GetValueOrDefault(kind);

    private static IEnumerable<FieldStatus> OfGateway()
    {
        const string Kind = "Gateway";
        yield return new(Kind, Servers + "bind", Supported, "an IP address; a server on a Unix socket is left out with a warning");
        yield return new(Kind, Servers + "defaultEndpoint", Ignored, "Istio's gateways do not use it either");
        yield return new(Kind, Servers + "port.targetPort", Ignored, "it is deprecated, and Istio's gateways do not use it either");
        yield return new(Kind, Servers + "port.number", Supported, "TLS after plain text on a port is left out (`GW0204`), plain text after TLS is served beside it (`GW0209`), as in Istio");
        yield return new(Kind, Servers + "port.protocol", Supported, "MONGO, MYSQL and REDIS are carried as TCP: what is spoken is not looked into; UDP is taken and listens on TCP, as in Istio");
        yield return new(Kind, Servers + "tls.mode", Supported, "ISTIO_MUTUAL takes the workload certificate from the files of `--workload-certificates`, and a client's SPIFFE identity must be of the trust domain or one of its aliases");
        yield return new(Kind, Servers + "tls.cipherSuites", Supported, "those with RSA key exchange or CBC work only where the platform's OpenSSL still allows them; 3DES is left out with a warning");
        yield return new(Kind, Servers + "tls.ecdhCurves", Supported, "X25519, P-256, P-384, P-521; honoured where OpenSSL makes the handshakes (`--tls`), else the load says that it is not");
        yield return new(Kind, Servers + "tls.credentialName", Supported, "a Secret in the gateway's own namespace (or `kubernetes-gateway://namespace/name`); `tls.ocsp-staple` is served where OpenSSL makes the handshakes (`--tls`), else the load says that it is not");
        yield return new(Kind, Servers + "tls.verifyCertificateHash", Supported, "one hash of either kind is enough, as in Envoy");
        yield return new(Kind, Servers + "tls.verifyCertificateSpki", Supported, "one hash of either kind is enough, as in Envoy");
    }

    private static IEnumerable<FieldStatus> OfVirtualService()
    {
        const string Kind = "VirtualService";
        yield return new(Kind, Http + "match[].headers", Supported, "also claims of valid tokens, as `@request.auth.claims.a.b` or `@request.auth.claims[a][b]`");
        foreach (string rules in (string[])["spec.tcp[]", "spec.tls[]"])
        {
            yield return new(Kind, rules + ".match[].destinationSubnets", NoEffect, "a gateway has no original destination; in Istio as well");
            yield return new(Kind, rules + ".match[].sourceLabels", NoEffect, "gateways look at port, gateways and server names only, in Istio as well");
            yield return new(Kind, rules + ".match[].sourceNamespace", NoEffect, "gateways look at port, gateways and server names only, in Istio as well");
        }
        yield return new(Kind, "spec.tcp[].match[].sourceSubnet", NoEffect, "gateways look at port, gateways and server names only, in Istio as well");
        yield return new(Kind, Http + "fault.abort.http2Error", NoEffect, "refused, as by Istio");
        yield return new(Kind, Http + "fault.delay.exponentialDelay", NoEffect, "refused, as by Istio");
        yield return new(Kind, Http + "match[].statPrefix", Ignored, "requests are counted by destination, as Istio's own dashboards expect; the access log tells the route (`%ROUTE_NAME%`)");
    }

    private static IEnumerable<FieldStatus> OfTrafficPolicy(string policy)
    {
        const string Kind = "DestinationRule";
        foreach (string place in (string[])[policy, policy + "portLevelSettings[]."])
        {
            yield return new(Kind, place + "connectionPool.tcp.idleTimeout", Supported, "for HTTP the http part's counts where there is one, in Istio as well");
            yield return new(Kind, place + "connectionPool.http.maxConcurrentStreams", Supported, "by our own client (`--transport event-loop`, `--upstream-client own`, the defaults on Linux); .NET's opens as many streams as the destination allows, which the load says (`GW0505`)");
            yield return new(Kind, place + "connectionPool.http.maxRequestsPerConnection", Supported, "for HTTP/2 by our own client (`--transport event-loop`, `--upstream-client own`, the defaults on Linux); .NET's does not count, which the load says (`GW0505`)");
            yield return new(Kind, place + "connectionPool.http.http2KeepAlive", Supported, "by .NET's client, times below 1 s are taken as 1 s, which the load says (`GW0505`)");
            yield return new(Kind, place + "loadBalancer.backendUtilization", Ignored, "it takes backends that report their load in ORCA's headers, which are not read; endpoints get requests by LEAST_REQUEST and their weights, which favours those that are less busy as well");
            yield return new(Kind, place + "loadBalancer.zoneAwareLbSetting", Supported, "requests stay in the gateway's region and go to others by `failover` and `failoverPriority`; inside a region zones count alike, as with an Istio gateway that does not discover itself");
            yield return new(Kind, place + "loadBalancer.zoneAwareLbSetting.minClusterSize", Ignored, "a zone's share depends on how many of the clients run in it, which nobody tells this gateway; `localityLbSetting` keeps requests near without knowing that");
            yield return new(Kind, place + "loadBalancer.simple", Supported, "PASSTHROUGH means the original destination, which a gateway does not have: requests get 503 (UH), as in Istio");
            yield return new(Kind, place + "outlierDetection.consecutiveErrors", NoEffect, "it is deprecated, and Istio does not use it either");
            yield return new(Kind, place + "tls.mode", Supported, "ISTIO_MUTUAL takes the workload certificate from the files of `--workload-certificates`");
            yield return new(Kind, place + "tls.caCrl", Supported, "without caCertificates, requests to the destination get 503 (UF)");
            yield return new(Kind, place + "tls.credentialName", Supported, "a Secret in the gateway's own namespace, or authorities in a ConfigMap (`configmap://namespace/name`)");
        }
        yield return new(Kind, policy + "proxyProtocol", Supported, "connections that begin with a client's header are closed after at most 1 min without requests");
        yield return new(Kind, policy + "tunnel", Ignored, "this gateway takes tunnels (CONNECT) and makes none: connections go to the destination itself");
    }

    private static IEnumerable<FieldStatus> OfServiceEntry()
    {
        const string Kind = "ServiceEntry";
        yield return new(Kind, "spec.addresses", Supported, "for clients of a forward proxy, who may name them; otherwise gateways route by host, as in Istio");
        yield return new(Kind, "spec.location", NoEffect, "it decides about TLS inside the mesh");
        yield return new(Kind, "spec.resolution", Supported, "NONE leaves a gateway without endpoints, as in Istio: 503 (UH), but a forward proxy looks up what clients name; DYNAMIC_DNS resolves the names that clients ask for, which Istio's gateways do not");
    }

    private static IEnumerable<FieldStatus> OfWorkload(string kind, string place)
    {
        yield return new(kind, place + "network", Ignored, "all endpoints are reached directly");
        yield return new(kind, place + "serviceAccount", Supported, "where a DestinationRule has no `subjectAltNames`, servers must be of the accounts of the service's endpoints");
    }

    private static IEnumerable<FieldStatus> OfSecurity()
    {
        const string Policy = "AuthorizationPolicy";
        yield return new(Policy, "spec.provider", Supported, "MeshConfig's `envoyExtAuthzHttp` and `envoyExtAuthzGrpc`; what matches a provider that cannot be asked is denied (`GW0602`)");
        yield return new(Policy, "spec.rules[].when[].key", Supported, "`experimental.envoy.filters.…`: no filter writes such metadata, so values never match");
        yield return new(Policy, "spec.targetRef", Supported, "a `Gateway`, by the gateway's label `gateway.networking.k8s.io/gateway-name`; other kinds are for waypoints");
        yield return new(Policy, "spec.targetRefs", Supported, "as `spec.targetRef`");
        const string Authentication = "RequestAuthentication";
        yield return new(Authentication, "spec.targetRef", Supported, "as for AuthorizationPolicy");
        yield return new(Authentication, "spec.targetRefs", Supported, "as for AuthorizationPolicy");
        yield return new(Authentication, "spec.jwtRules[].jwks", Supported, "keys of kind OKP (EdDSA) are not used: the platform has no such signatures");
        const string Peers = "PeerAuthentication";
        const string Patches = "spec.configPatches[].";
        yield return new("EnvoyFilter", Patches + "applyTo", Supported, "HTTP_FILTER, ROUTE_CONFIGURATION, VIRTUAL_HOST and HTTP_ROUTE, where they make local rate limits; everything else is reported (`GW0503`) and not applied");
        yield return new("EnvoyFilter", Patches + "match.context", Supported, "GATEWAY and ANY; patches for sidecars and waypoints are reported (`GW0503`)");
        yield return new("EnvoyFilter", Patches + "match.listener.filterChain.filter", Supported, "local rate limits stand last before the router wherever they are inserted");
        foreach (string part in (string[])["proxy", "cluster", "waypoint", "listener.portName", "listener.listenerFilter", "listener.filterChain.applicationProtocols",
            "listener.filterChain.destinationPort", "listener.filterChain.transportProtocol", "listener.filterChain.transportSocket"])
        {
            yield return new("EnvoyFilter", Patches + "match." + part, Supported, "a patch with it is reported (`GW0503`) and not applied");
        }
        yield return new("EnvoyFilter", Patches + "patch.filterClass", NoEffect, "as for the place of a filter");
        yield return new("EnvoyFilter", Patches + "patch.value", Supported, "Envoy's LocalRateLimit and `rate_limits`, as rate-limits.md says; other parts are reported (`GW0503`)");
        foreach (string part in (string[])["selector", "mtls", "portLevelMtls"])
            yield return new(Peers, "spec." + part, NoEffect, "a gateway's servers say in their `tls` what they ask of clients, in Istio as well");
    }

    private static IEnumerable<FieldStatus> OfTelemetry()
    {
        const string Kind = "Telemetry";
        yield return new(Kind, "spec.accessLogging", Ignored, "access logs are set by MeshConfig's `accessLogFile`");
        yield return new(Kind, "spec.metrics", Ignored, "metrics have Istio's own labels");
        yield return new(Kind, "spec.tracing", Ignored, "no traces are sent");
        foreach (string part in (string[])["selector", "targetRef", "targetRefs"])
            yield return new(Kind, "spec." + part, Ignored, "nothing of a Telemetry is applied, whatever it is for");
    }

    private static IEnumerable<FieldStatus> OfIssuers()
    {
        foreach (string kind in (string[])["Issuer", "ClusterIssuer"])
        {
            foreach (string other in (string[])["ca", "vault", "selfSigned", "venafi"])
                yield return new(kind, "spec." + other, Ignored, "only issuers that speak ACME are asked");
            const string Acme = "spec.acme.";
            yield return new(kind, Acme + "privateKeySecretRef", Supported, "the key is made and kept in the state directory; the name tells accounts apart");
            yield return new(kind, Acme + "solvers[].http01", Supported, "the gateway answers by itself, so what stands inside has no effect");
            yield return new(kind, Acme + "solvers[].dns01", Ignored, "the gateway writes no DNS records");
            yield return new(kind, Acme + "solvers[].selector", Ignored, "all names are proven in the same way");
            yield return new(kind, Acme + "skipTLSVerify", Ignored, "the authority's certificate is always checked; use caBundle");
            yield return new(kind, Acme + "disableAccountKeyGeneration", Ignored, "the account's key is made where there is none");
            yield return new(kind, Acme + "enableDurationFeature", Ignored, "the authority decides how long certificates are good");
            yield return new(kind, Acme + "profile", Ignored, "the authority's default profile is used");
            yield return new(kind, Acme + "externalAccountBinding.keyAlgorithm", NoEffect, "it is deprecated; HS256 is used, as by cert-manager");
        }
    }

    private static IEnumerable<FieldStatus> OfKubernetes()
    {
        yield return new("Service", "spec.ports[].nodePort", NoEffect, "other machines use it");
        yield return new("Pod", "spec.serviceAccountName", Supported, "as `serviceAccount` of a WorkloadEntry");
        yield return new("EndpointSlice", "addressType", NoEffect, "addresses say it themselves");
        yield return new("EndpointSlice", "endpoints[].conditions.terminating", NoEffect, "such endpoints are not ready");
        foreach (string place in (string[])["EndpointSlice endpoints[]", "Endpoints subsets[].addresses[]", "Endpoints subsets[].notReadyAddresses[]"])
        {
            string[] parts = place.Split(' ');
            yield return new(parts[0], parts[1] + ".hostname", NoEffect, "endpoints are reached by address");
            if (parts[0] != "EndpointSlice")
                yield return new(parts[0], parts[1] + ".nodeName", NoEffect, "such endpoints have no locality");
        }
    }

    private static IEnumerable<FieldStatus> OfMeshConfig()
    {
        const string Kind = MeshConfigBinder.Kind;
        yield return new(Kind, "accessLogFormat", Supported, "`%UPSTREAM_LOCAL_ADDRESS%` is always missing: pooled connections to destinations do not tell it");
        foreach (string provider in (string[])["envoyExtAuthzHttp", "envoyExtAuthzGrpc"])
        {
            string place = $"extensionProviders[].{provider}.";
            yield return new(Kind, place + "clearRouteCache", NoEffect, "routes are always chosen after the service has answered");
            yield return new(Kind, place + "includeRequestBodyInCheck.maxRequestBytes", Supported, "at most 16 MiB");
        }
        yield return new(Kind, "extensionProviders[].envoyExtAuthzHttp.includeRequestBodyInCheck.packAsBytes", NoEffect, "HTTP checks carry the body as it is, in Istio as well");
        foreach (string provider in (string[])["zipkin", "lightstep", "datadog", "stackdriver", "opencensus", "skywalking", "opentelemetry", "prometheus", "envoyFileAccessLog", "envoyHttpAls", "envoyTcpAls", "envoyOtelAls", "sds"])
            yield return new(Kind, $"extensionProviders[].{provider}", NoEffect, "only a Telemetry resource or `defaultProviders` would use it");
        yield return new(Kind, "zoneAwareLbSetting.minClusterSize", Ignored, "as `loadBalancer.zoneAwareLbSetting.minClusterSize` of a DestinationRule");
        yield return new(Kind, "enableEnvoyAccessLogService", Ignored, "access logs are not sent to a service");
        yield return new(Kind, "tlsDefaults.cipherSuites", Supported, "also towards servers, except with ISTIO_MUTUAL, as in Istio");
        yield return new(Kind, "tlsDefaults.ecdhCurves", Supported, "as `tls.ecdhCurves` of a Gateway's servers; towards servers the platform's own are offered");
        yield return new(Kind, "defaultConfig.proxyHeaders.preserveHttp1HeaderCase", Ignored, "header names are written in the platform's case");
        yield return new(Kind, "defaultProviders.tracing", Ignored, "no traces are sent");
        yield return new(Kind, "defaultProviders.accessLogging", Ignored, "access logs are switched on by accessLogFile");
        yield return new(Kind, "defaultConfig.tracing", Ignored, "no traces are sent");
        yield return new(Kind, "defaultConfig.connectionSettings", Ignored, "the gateway's own limits apply");
        yield return new(Kind, "defaultConfig.gatewayTopology.proxyProtocol", Supported, "every connection must begin with a PROXY header (version 1 or 2) from an address of `--proxy-protocol-from`, by default this host and private networks; others are closed");
    }

    private static FrozenDictionary<string, FieldStatusNode> Build()
    {
        Dictionary<string, FieldStatusNode> roots = [];
        foreach (FieldStatus row in Rows.Where(r => r.Support is Ignored or Rejected))
        {
            if (!roots.TryGetValue(row.Kind, out FieldStatusNode? root))
                roots[row.Kind] = root = new();
            root.Add(row);
        }
        return roots.ToFrozenDictionary();
    }
}
