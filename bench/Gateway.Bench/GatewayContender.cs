namespace Gateway.Bench;

/// <summary>The gateway as its users run it: Gateway, VirtualService with timeout and retries, DestinationRule with outlier detection, metrics on.</summary>
/// <param name="name">Name in the tables.</param>
/// <param name="options">More options of <c>gateway run</c>.</param>
internal sealed class GatewayContender(string name, params string[] options) : Contender(name)
{
    public override bool NeedsWarmUp => true;

    protected override async Task<(string Program, string[] Args)> ConfigureAsync(BenchFolder folder, int http1, int http2)
    {
        string config = Path.Combine(folder.Path, Name + "-config");
        Directory.CreateDirectory(config);
        H2c = Plain;
        string Base64(string file) => Convert.ToBase64String(File.ReadAllBytes(Path.Combine(folder.Path, file)));
        await File.WriteAllTextAsync(Path.Combine(config, "bench.yaml"), $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: bench, namespace: istio-system}
            spec:
              servers:
              - port: {number: {{Plain}}, name: http, protocol: HTTP}
                hosts: ["*"]
              - port: {number: {{Tls}}, name: https, protocol: HTTPS}
                hosts: ["*"]
                tls: {mode: SIMPLE, credentialName: bench-cert}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: bench-cert, namespace: istio-system}
            type: kubernetes.io/tls
            data:
              tls.crt: {{Base64("cert.pem")}}
              tls.key: {{Base64("key.pem")}}
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: bench, namespace: istio-system}
            spec:
              hosts: ["*"]
              gateways: [bench]
              http:
              - name: h2c
                match: [{uri: {prefix: /h2c/} }]
                rewrite: {uri: /}
                route:
                - destination: {host: origin.internal, port: {number: 81} }
                timeout: 60s
              - name: grpc
                match: [{uri: {prefix: /bench.Echo/} }]
                route:
                - destination: {host: origin.internal, port: {number: 81} }
                timeout: 60s
              - name: all
                route:
                - destination: {host: origin.internal, port: {number: 80} }
                timeout: 60s
                retries: {attempts: 2, perTryTimeout: 30s, retryOn: "connect-failure,reset,503"}
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: origin, namespace: istio-system}
            spec:
              hosts: [origin.internal]
              location: MESH_INTERNAL
              resolution: STATIC
              ports:
              - {number: 80, name: http, protocol: HTTP, targetPort: {{http1}} }
              - {number: 81, name: http2, protocol: HTTP2, targetPort: {{http2}} }
              endpoints: [{address: 127.0.0.1}]
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: origin, namespace: istio-system}
            spec:
              host: origin.internal
              trafficPolicy:
                outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
            """);
        string program = Path.GetFullPath("artifacts/bench/gateway/gateway.dll");
        return ("dotnet", [program, "run", "--config", config, "--admin-address", "off", "--health-port", "off", "--metrics-port", $"127.0.0.1:{Text(Ports.Free())}", .. options]);
    }
}
