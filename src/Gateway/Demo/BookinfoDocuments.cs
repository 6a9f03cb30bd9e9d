using System.Globalization;
using System.Text;

namespace Gateway.Demo;

/// <summary>
/// What a cluster would add to the sample's files: an EndpointSlice for each running server and the Secret that the
/// Gateway's <c>credentialName</c> asks for.
/// </summary>
internal static class BookinfoDocuments
{
    /// <summary>The EndpointSlices. The version is the slice's label, so DestinationRule subsets can pick by it.</summary>
    public static string EndpointSlices(IEnumerable<DemoEndpoint> endpoints)
    {
        var yaml = new StringBuilder();
        foreach (DemoEndpoint endpoint in endpoints)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata:
                  name: {{endpoint.Service}}-{{endpoint.Version}}
                  labels:
                    kubernetes.io/service-name: {{endpoint.Service}}
                    app: {{endpoint.Service}}
                    version: {{endpoint.Version}}
                addressType: IPv4
                endpoints:
                - addresses: ["127.0.0.1"]
                ports:
                - name: http
                  port: {{endpoint.Port}}
                  protocol: TCP

                """);
        }

        return yaml.ToString();
    }

    /// <summary>The Secret <c>bookinfo-certificate</c>, in the namespace of the gateway's workload, where Istio looks for it.</summary>
    public static string Secret(DemoCertificate certificate) => $$"""
        apiVersion: v1
        kind: Secret
        metadata:
          name: bookinfo-certificate
          namespace: istio-system
        type: kubernetes.io/tls
        stringData:
          tls.crt: |
        {{Indented(certificate.CertificatePem)}}
          tls.key: |
        {{Indented(certificate.KeyPem)}}
        """;

    private static string Indented(string pem) => string.Join('\n', pem.TrimEnd().Split('\n').Select(line => "    " + line.TrimEnd('\r')));
}
