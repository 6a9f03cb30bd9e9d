using System.Globalization;
using System.Text;
using Gateway.Config;

namespace Gateway.Benchmarks;

/// <summary>Configurations of a given size: one Gateway, some ServiceEntries, many VirtualServices.</summary>
internal static class Fleet
{
    /// <summary>Services that the VirtualServices share.</summary>
    private const int Services = 100;

    /// <summary>The host of a VirtualService.</summary>
    public static string Host(int index) => $"shop-{index:D5}.example.com";

    /// <summary>The path that only route <paramref name="index"/> of <see cref="ManyRoutes"/> takes.</summary>
    public static string Path(int index) => $"/team-{index:D4}/items/1";

    /// <summary>One text for what is shared and one for each VirtualService.</summary>
    public static IEnumerable<ConfigDocument> ManyHosts(int count)
    {
        yield return Document("common.yaml", Common());
        for (int i = 0; i < count; i++)
            yield return Document($"shop-{i:D5}.yaml", VirtualService(i, "one"));
    }

    /// <summary>One VirtualService with so many routes, each for a path prefix.</summary>
    public static IEnumerable<ConfigDocument> ManyRoutes(int count)
    {
        yield return Document("common.yaml", Common());
        var yaml = new StringBuilder($$"""
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: many, namespace: shop}
            spec:
              hosts: [{{Host(0)}}]
              gateways: [istio-system/edge]
              http:

            """);
        for (int i = 0; i < count; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                  - match:
                    - uri: {prefix: /team-{{i:D4}}/}
                    route:
                    - destination: {host: svc-{{i % Services}}.example.internal}

                """);
        }
        yield return Document("many.yaml", yaml.ToString());
    }

    /// <summary>A VirtualService as one finds them: a canary by header, a rewritten prefix, weights; <c>/version</c> answers at once.</summary>
    public static string VirtualService(int index, string version) => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: shop-{{index:D5}}
          namespace: shop
        spec:
          hosts:
          - {{Host(index)}}
          gateways:
          - istio-system/edge
          http:
          - name: version
            match:
            - uri:
                exact: /version
            directResponse:
              status: 200
              body:
                string: {{version}}
          - name: canary
            match:
            - uri:
                prefix: /api/
              headers:
                x-canary:
                  exact: "true"
            - uri:
                regex: /v[0-9]+/beta/.*
            rewrite:
              uri: /
            timeout: 5s
            route:
            - destination:
                host: svc-{{index % Services}}.example.internal
                port:
                  number: 8080
          - name: stable
            route:
            - destination:
                host: svc-{{index % Services}}.example.internal
              weight: 90
            - destination:
                host: svc-{{(index + 1) % Services}}.example.internal
              weight: 10
            headers:
              response:
                set:
                  x-served-by: shop
        """;

    private static string Common()
    {
        var yaml = new StringBuilder("""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: edge, namespace: istio-system}
            spec:
              servers:
              - port: {number: 80, name: http, protocol: HTTP}
                hosts: ["*"]

            """);
        for (int i = 0; i < Services; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                ---
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: svc-{{i}}, namespace: shop}
                spec:
                  hosts: [svc-{{i}}.example.internal]
                  resolution: STATIC
                  ports: [{number: 8080, name: http, protocol: HTTP}]
                  endpoints: [{address: 127.0.0.1}]

                """);
        }
        return yaml.ToString();
    }

    private static ConfigDocument Document(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
