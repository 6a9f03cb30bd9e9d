namespace Gateway.Bench;

/// <summary>The gateway's configuration: ports, routes with timeout and retries, destinations with outlier detection.</summary>
internal static class GatewayYaml
{
    /// <summary>A host whose route has nothing, and the same with every policy.</summary>
    public const string BareHost = "bare.test", PoliciesHost = "policies.test";

    public static string Listeners(Contender gateway) => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: bench, namespace: istio-system}
        spec:
          servers:
          - port: {number: {{gateway.Plain}}, name: http, protocol: HTTP}
            hosts: ["*"]
          - port: {number: {{gateway.Tls}}, name: https, protocol: HTTPS}
            hosts: ["*"]
            tls: {mode: SIMPLE, credentialName: bench-cert}
          - port: {number: {{gateway.Tcp}}, name: tcp, protocol: TCP}
            hosts: ["*"]
          - port: {number: {{gateway.Passthrough}}, name: passthrough, protocol: TLS}
            hosts: ["*"]
            tls: {mode: PASSTHROUGH}
        """;

    public static string Secret(BenchFolder folder) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: bench-cert, namespace: istio-system}
        type: kubernetes.io/tls
        data:
          tls.crt: {{Base64(folder, "cert.pem")}}
          tls.key: {{Base64(folder, "key.pem")}}
        """;

    public static string Routes(Contender gateway) => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: bench, namespace: istio-system}
        spec:
          hosts: ["*"]
          gateways: [bench]
          tcp:
          - match: [{port: {{gateway.Tcp}} }]
            route: [{destination: {host: static.internal, port: {number: 90} } }]
          tls:
          - match: [{port: {{gateway.Passthrough}}, sniHosts: ["localhost"]}]
            route: [{destination: {host: static.internal, port: {number: 91} } }]
          http:
          - name: http2
            match: [{uri: {prefix: /h2c/} }, {uri: {prefix: /bench.Echo/} }]
            route: [{destination: {host: app.internal, port: {number: 81} } }]
            timeout: 60s
          - name: app
            match: [{uri: {prefix: /app/} }]
            route: [{destination: {host: app.internal, port: {number: 80} } }]
            timeout: 60s
          - name: tls
            match: [{uri: {prefix: /tls/} }]
            route: [{destination: {host: secure.internal, port: {number: 443} } }]
            timeout: 60s
            retries: {attempts: 2, perTryTimeout: 30s, retryOn: "connect-failure,reset,503"}
          - name: all
            route: [{destination: {host: static.internal, port: {number: 80} } }]
            timeout: 60s
            retries: {attempts: 2, perTryTimeout: 30s, retryOn: "connect-failure,reset,503"}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: bare, namespace: istio-system}
        spec:
          hosts: [{{BareHost}}]
          gateways: [bench]
          http:
          - route: [{destination: {host: bare.internal, port: {number: 80} } }]
            retries: {attempts: 0}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: policies, namespace: istio-system}
        spec:
          hosts: [{{PoliciesHost}}]
          gateways: [bench]
          http:
          - route: [{destination: {host: policies.internal, port: {number: 80} } }]
            timeout: 60s
            retries: {attempts: 3, perTryTimeout: 30s, retryOn: "5xx,connect-failure,reset,retriable-4xx"}
        """;

    public static string Destinations(BenchFolder folder, OriginPorts origins) => string.Join("\n---\n",
        Service("static", $"{{number: 80, name: http, protocol: HTTP, targetPort: {origins.Static}}}",
            $"{{number: 90, name: tcp, protocol: TCP, targetPort: {origins.Static}}}", $"{{number: 91, name: tls, protocol: TLS, targetPort: {origins.StaticTls}}}"),
        Service("app", $"{{number: 80, name: http, protocol: HTTP, targetPort: {origins.App}}}", $"{{number: 81, name: http2, protocol: HTTP2, targetPort: {origins.AppHttp2}}}"),
        Service("secure", $"{{number: 443, name: http, protocol: HTTP, targetPort: {origins.StaticTls}}}"),
        Service("bare", $"{{number: 80, name: http, protocol: HTTP, targetPort: {origins.Static}}}"),
        Service("policies", $"{{number: 80, name: http, protocol: HTTP, targetPort: {origins.Static}}}"),
        Rule("static", OutlierDetection), Rule("app", OutlierDetection),
        Rule("secure", $"{OutlierDetection}\n    tls: {{mode: SIMPLE, caCertificates: {folder.Path}/cert.pem, sni: localhost, subjectAltNames: [localhost]}}"),
        Rule("policies", OutlierDetection + """

                connectionPool:
                  tcp: {maxConnections: 10000, connectTimeout: 5s}
                  http: {http1MaxPendingRequests: 10000, http2MaxRequests: 10000, maxRetries: 100, idleTimeout: 300s}
            """));

    private const string OutlierDetection = "    outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}";

    private static string Service(string name, params string[] ports) => $$"""
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{name}}, namespace: istio-system}
        spec:
          hosts: [{{name}}.internal]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{{string.Join(", ", ports)}}]
          endpoints: [{address: 127.0.0.1}]
        """;

    private static string Rule(string name, string policy) => $$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{name}}, namespace: istio-system}
        spec:
          host: {{name}}.internal
          trafficPolicy:
        {{policy}}
        """;

    private static string Base64(BenchFolder folder, string file) => Convert.ToBase64String(File.ReadAllBytes(Path.Combine(folder.Path, file)));
}
