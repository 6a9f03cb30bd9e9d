using System.Text.Json;
using Gateway.Tests.Sources;

namespace Gateway.Tests.Cli;

public sealed class ExplainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ExplainCommandTests() => _folder.Write("shop.yaml", """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default}
        spec:
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["shop.example.com"]
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: shop, namespace: default}
        spec:
          hosts: [shop.internal]
          ports: [{number: 80, name: http, protocol: HTTP}]
          resolution: STATIC
          endpoints: [{address: 10.0.0.9}]
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: shop, namespace: default}
        spec:
          hosts: ["shop.example.com"]
          gateways: [gw]
          http:
          - name: beta
            match: [{uri: {prefix: /}, headers: {user: {exact: jason}}}]
            redirect: {uri: /beta}
          - name: main
            match: [{uri: {prefix: /cart}}]
            route: [{destination: {host: shop.internal}}]
        """);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_service_entry_with_the_gateways_own_address_moves_its_port()
    {
        _folder.Write("front.yaml", """
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: front, namespace: istio-system}
            spec:
              hosts: [front.internal]
              ports: [{number: 80, name: http, protocol: HTTP, targetPort: 8080}]
              resolution: STATIC
              endpoints: [{address: 10.0.0.1}]
            """);
        string[] request = ["explain", "--config", _folder.Path, "GET", "http://shop.example.com:8080/cart"];

        Assert.Contains("no_listener", (await CliRun.OfAsync(request)).Out, StringComparison.Ordinal);
        Assert.Contains("0.0.0.0_8080", (await CliRun.OfAsync([.. request, "--addresses", "10.0.0.2, 10.0.0.1"])).Out, StringComparison.Ordinal);
        Assert.Equal(2, (await CliRun.OfAsync([.. request, "--addresses", "nonsense"])).ExitCode);
    }

    [Fact]
    public async Task A_hit_names_the_route_its_place_and_the_destination()
    {
        CliRun run = await CliRun.OfAsync("explain", "--config", _folder.Path, "GET", "http://shop.example.com/cart?x=1");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        Assert.Contains("forward", run.Out, StringComparison.Ordinal);
        Assert.Contains("shop.internal:80", run.Out, StringComparison.Ordinal);
        Assert.Contains("10.0.0.9:80", run.Out, StringComparison.Ordinal);
        Assert.Contains("VirtualService default/shop spec.http[1]", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{Path.Combine(_folder.Path, "shop.yaml")}:", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_the_request_count()
    {
        CliRun run = await CliRun.OfAsync("explain", "--config", _folder.Path, "--header", "user: jason", "-o", "json", "GET", "http://shop.example.com/cart");

        using JsonDocument json = JsonDocument.Parse(run.Out);
        Assert.Equal("redirect", json.RootElement.GetProperty("outcome").GetString());
        Assert.Equal(301, json.RootElement.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_miss_names_the_routes_passed_over_with_what_failed()
    {
        CliRun run = await CliRun.OfAsync("explain", "--config", _folder.Path, "GET", "http://shop.example.com/other");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("not_found 404 (NR)", run.Out, StringComparison.Ordinal);
        Assert.Contains("main: uri: prefix \"/cart\"", run.Out, StringComparison.Ordinal);
        Assert.Contains("beta: header user", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_port_can_be_given_beside_the_URL()
    {
        CliRun refused = await CliRun.OfAsync("explain", "--config", _folder.Path, "-o", "json", "GET", "http://shop.example.com:8080/cart");
        Assert.Contains("\"no_listener\"", refused.Out, StringComparison.Ordinal);

        CliRun forwarded = await CliRun.OfAsync("explain", "--config", _folder.Path, "--port", "80", "-o", "json", "GET", "http://shop.example.com:8080/cart");
        Assert.Contains("\"forward\"", forwarded.Out, StringComparison.Ordinal);
    }
}
