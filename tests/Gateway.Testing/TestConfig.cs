using System.Globalization;
using System.Text;
using Gateway.Testing.Echo;

namespace Gateway.Testing;

/// <summary>The documents tests need again and again, as a user would write them. All in namespace <c>default</c> but Secrets.</summary>
public static class TestConfig
{
    /// <summary>A Gateway <c>NAME</c> for plain HTTP.</summary>
    public static string HttpGateway(int port = 80, string name = "gateway", string hosts = "*") => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          servers:
          - port: {number: {{Text(port)}}, name: http, protocol: HTTP}
            hosts: ["{{hosts}}"]
        """;

    /// <summary>A Gateway <c>NAME</c> that ends TLS with a Secret's certificate.</summary>
    public static string HttpsGateway(string secret, int port = 443, string name = "gateway-tls", string hosts = "*", string mode = "SIMPLE") => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: {{name}}, namespace: default}
        spec:
          servers:
          - port: {number: {{Text(port)}}, name: https, protocol: HTTPS}
            hosts: ["{{hosts}}"]
            tls: {mode: {{mode}}, credentialName: {{secret}}}
        """;

    /// <summary>A Secret with a server certificate and, for MUTUAL, the clients' authority.</summary>
    public static string Secret(string name, TestCertificate certificate, string? clientAuthorityPem = null)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        string authority = clientAuthorityPem is null ? "" : $"\n  ca.crt: {Base64(clientAuthorityPem)}";
        return $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: {{name}}, namespace: istio-system}
            data:
              tls.crt: {{Base64(certificate.CertificatePem)}}
              tls.key: {{Base64(certificate.KeyPem)}}
            """ + authority;
    }

    /// <summary>A service host made of echo servers (or of any ports on loopback).</summary>
    /// <param name="host">Its name, e.g. <c>echo.test</c>.</param>
    /// <param name="echo">Server.</param>
    /// <param name="protocol"><c>HTTP</c>, <c>HTTP2</c>, <c>GRPC</c>.</param>
    public static string Backend(string host, EchoUpstream echo, string protocol = "HTTP")
    {
        ArgumentNullException.ThrowIfNull(echo);
        return Backend(host, protocol, echo.Port);
    }

    /// <summary>A service host made of ports on loopback.</summary>
    public static string Backend(string host, string protocol, params int[] ports) => $$"""
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{host}}, namespace: default}
        spec:
          hosts: [{{host}}]
          location: MESH_EXTERNAL
          resolution: STATIC
          ports: [{number: 80, name: upstream, protocol: {{protocol}}}]
          endpoints: [{{string.Join(", ", ports.Select(port => $"{{address: 127.0.0.1, ports: {{upstream: {Text(port)}}}}}"))}}]
        """;

    /// <summary>A DestinationRule with a traffic policy and nothing else.</summary>
    /// <param name="host">For whom.</param>
    /// <param name="policy">Fields of its trafficPolicy, with commas between them.</param>
    public static string TrafficPolicy(string host, string policy) => $$"""
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: {{host}}, namespace: default}
        spec:
          host: {{host}}
          trafficPolicy: { {{policy}} }
        """;

    /// <summary>A VirtualService that sends everything of a host to backends by weight, on both Gateways.</summary>
    public static string Route(string host, params (string Backend, int Weight)[] backends)
    {
        string name = host.Replace('*', 'x').Trim('.');
        return $$"""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: "route-{{name}}", namespace: default}
            spec:
              hosts: ["{{host}}"]
              gateways: [gateway, gateway-tls]
              http:
              - route: [{{string.Join(", ", backends.Select(backend => $"{{destination: {{host: {backend.Backend}}}, weight: {Text(backend.Weight)}}}"))}}]
            """;
    }

    /// <summary>A VirtualService that sends everything of a host to one backend.</summary>
    public static string Route(string host, string backend) => Route(host, (backend, 100));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
