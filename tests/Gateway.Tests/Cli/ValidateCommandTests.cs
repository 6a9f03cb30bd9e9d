using System.Text.Json;
using Gateway.Tests.Sources;

namespace Gateway.Tests.Cli;

public sealed class ValidateCommandTests : IDisposable
{
    private const string Good = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: gw, namespace: default}
        spec:
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["*"]
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Good_configuration_ends_with_0()
    {
        _folder.Write("good.yaml", Good);

        CliRun run = await CliRun.OfAsync("validate", "--config", _folder.Path);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"Gateway: 1{Environment.NewLine}0 errors, 0 warnings{Environment.NewLine}", run.Out);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_used_is_an_error_and_one_that_is_elsewhere_is_not()
    {
        _folder.Write("gateway.yaml", Good.Replace("number: 80, name: http, protocol: HTTP", "number: 443, name: https, protocol: HTTPS", StringComparison.Ordinal)
            + "\n    tls: {mode: SIMPLE, credentialName: web}\n");
        CliRun without = await CliRun.OfAsync("validate", "--config", _folder.Path);
        _folder.Write("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: web, namespace: istio-system}\nstringData: {tls.crt: a, tls.key: b}\n");
        CliRun with = await CliRun.OfAsync("validate", "--config", _folder.Path);

        Assert.Equal(0, without.ExitCode);
        Assert.Equal(1, with.ExitCode);
        Assert.Contains("secret.yaml:1:1: error GW0301 Secret istio-system/web", with.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_to_be_ordered_is_no_error_and_needs_no_state_directory()
    {
        _folder.Write("gateway.yaml", Good.Replace("number: 80, name: http, protocol: HTTP", "number: 443, name: https, protocol: HTTPS", StringComparison.Ordinal)
            .Replace("hosts: [\"*\"]", "hosts: [a.example]", StringComparison.Ordinal)
            .Replace("namespace: default}", "namespace: default, annotations: {cert-manager.io/issuer: le} }", StringComparison.Ordinal) + "\n    tls: {mode: SIMPLE, credentialName: web}\n");
        _folder.Write("issuer.yaml", """
            apiVersion: cert-manager.io/v1
            kind: Issuer
            metadata: {name: le, namespace: default}
            spec: {acme: {server: "https://ca.example/dir", privateKeySecretRef: {name: account}, solvers: [{http01: {} }] } }
            """);

        CliRun run = await CliRun.OfAsync("validate", "--config", _folder.Path);

        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith($"0 errors, 0 warnings{Environment.NewLine}", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("number: 443, name: tcp, protocol: TCP", "")]
    [InlineData("number: 443, name: tls, protocol: HTTPS", "tls: {mode: PASSTHROUGH}")]
    [InlineData("number: 443, name: tls, protocol: HTTPS", "tls: {}")]
    public async Task A_server_without_a_route_for_its_bytes_is_named_once(string port, string tls)
    {
        _folder.Write("gateway.yaml", Good.Replace("number: 80, name: http, protocol: HTTP", port, StringComparison.Ordinal) + $"\n    {tls}\n");

        CliRun run = await CliRun.OfAsync("validate", "--config", _folder.Path);

        Assert.Contains("warning GW0202", run.Out, StringComparison.Ordinal);
        Assert.EndsWith($"0 errors, 1 warning{Environment.NewLine}", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_folder_ends_with_1()
    {
        CliRun run = await CliRun.OfAsync("validate", "--config", Path.Combine(_folder.Path, "nothing"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("GW0006", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_planted_faults_are_each_named_with_file_line_and_column()
    {
        (string Name, string Text, int Line, int Column)[] faults =
        [
            ("unknown-field.yaml", Good + "\n    frobnicate: 1\n", 8, 5),
            ("wrong-type.yaml", Good.Replace("number: 80", "number: eighty", StringComparison.Ordinal), 6, 20),
            ("bad-enum.yaml", Good + "\n    tls: {mode: SIMPEL, credentialName: x}\n", 8, 17),
            ("duplicate-key.yaml", Good + "\n    hosts: [a.com]\n", 8, 5),
            ("syntax.yaml", "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: xx}}\nspec: {}\n", 3, 21),
            ("no-name.yaml", "apiVersion: networking.istio.io/v1\nkind: Gateway\nspec: {}\n", 1, 1),
            ("bad-host.yaml", Good.Replace("\"*\"", "\"a*b.com\"", StringComparison.Ordinal), 7, 13),
            ("bad-regex.yaml", Route("match: [{uri: {regex: \"a(\"}}]"), 8, 27),
            ("no-route.yaml", Route("match: [{uri: {prefix: /}}]", route: ""), 7, 5),
            ("bad-weight.yaml", Route("timeout: 1s", "route: [{destination: {host: a.com}, weight: -1}]"), 9, 50),
        ];
        foreach ((string name, string text, _, _) in faults)
            _folder.Write(name, text.Replace("name: gw", $"name: {Path.GetFileNameWithoutExtension(name)}", StringComparison.Ordinal));

        CliRun run = await CliRun.OfAsync("validate", "--config", _folder.Path);

        Assert.Equal(1, run.ExitCode);
        string[] lines = run.Out.Split(Environment.NewLine);
        foreach ((string name, _, int line, int column) in faults)
        {
            string place = $"{Path.Combine(_folder.Path, name)}:{line}:{column}: error ";
            Assert.True(lines.Any(printed => printed.StartsWith(place, StringComparison.Ordinal)), $"no '{place}' in:\n{run.Out}");
        }
    }

    [Fact]
    public async Task JSON_has_the_same_findings()
    {
        string file = _folder.Write("bad.yaml", Good + "\n    frobnicate: 1\n");

        CliRun run = await CliRun.OfAsync("validate", "--config", _folder.Path, "--output", "json");

        Assert.Equal(1, run.ExitCode);
        using JsonDocument json = JsonDocument.Parse(run.Out);
        Assert.Equal(1, json.RootElement.GetProperty("errors").GetInt32());
        JsonElement finding = json.RootElement.GetProperty("diagnostics").EnumerateArray().Single(element => element.GetProperty("severity").GetString() == "error");
        Assert.Equal("GW0101", finding.GetProperty("code").GetString());
        Assert.Equal(file, finding.GetProperty("file").GetString());
        Assert.Equal(8, finding.GetProperty("line").GetInt32());
        Assert.Equal("Gateway", finding.GetProperty("resource").GetProperty("kind").GetString());
        Assert.Equal("spec.servers[0].frobnicate", finding.GetProperty("field").GetString());
    }

    [Fact]
    public async Task A_MeshConfig_file_is_checked_too()
    {
        _folder.Write("good.yaml", Good);
        string mesh = _folder.Write("mesh.conf", "accessLogFile: [1]\n");

        CliRun run = await CliRun.OfAsync("validate", "--config", Path.Combine(_folder.Path, "good.yaml"), "--mesh-config", mesh);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{mesh}:1:16: error ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_access_log_operator_that_does_not_exist_is_told_at_its_place()
    {
        _folder.Write("good.yaml", Good);
        string mesh = _folder.Write("mesh.conf", "accessLogFile: /dev/stdout\naccessLogFormat: '%REQUEST% %PROTOCOL%'\n");

        CliRun run = await CliRun.OfAsync("validate", "--config", Path.Combine(_folder.Path, "good.yaml"), "--mesh-config", mesh);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"{mesh}:2:18: warning GW0105 accessLogFormat: Access log: %REQUEST% ", run.Out, StringComparison.Ordinal);
    }

    private static string Route(string first, string route = "route: [{destination: {host: a.com}}]") => $$"""
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: gw, namespace: default}
        spec:
          hosts: [a.com]
          http:
          - name: one
            {{first}}
            {{route}}
        """;
}
