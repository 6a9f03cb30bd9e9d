using Gateway.Conformance.Tests.Cases;
using Gateway.Conformance.Tests.Report;

namespace Gateway.Conformance.Tests.Runner;

/// <summary>The runner itself: nothing in a case file may end a run, and nothing may pass unread.</summary>
public sealed class SuiteRunnerTests(SuiteFixture fixture) : IClassFixture<SuiteFixture>, IDisposable
{
    private const string Gateway = """
        - apiVersion: networking.istio.io/v1
          kind: Gateway
          metadata: {name: gateway, namespace: default}
          spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['*']}]}
        - apiVersion: networking.istio.io/v1
          kind: VirtualService
          metadata: {name: vs, namespace: default}
          spec:
            hosts: [a.test]
            gateways: [gateway]
            http:
            - route:
              - {destination: {host: b, subset: v1}, weight: 60, headers: {request: {set: {x-to: one}}, response: {set: {x-from: one}}}}
              - {destination: {host: b, subset: v2}, weight: 40, headers: {request: {set: {x-to: two}}, response: {set: {x-from: two}}}}
        - apiVersion: networking.istio.io/v1
          kind: DestinationRule
          metadata: {name: b, namespace: default}
          spec: {host: b, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("cases").FullName;

    [Fact]
    public async Task Cases_pass_and_fail_by_themselves()
    {
        FileVerdict verdict = await RunAsync(
            Case("good", "outcome: not_found, status: 404", authority: "c.test"),
            Case("wrong status", "outcome: not_found, status: 405", authority: "c.test"),
            Case("unknown key", "outcome: not_found, colour: red", authority: "c.test"),
            Case("unknown upstream key", "outcome: forward, upstream: {colour: red}"),
            Case("unknown request key", "outcome: not_found", more: ", colour: red"),
            "- name: no request\n  expect: {outcome: not_found}\n",
            "- name: file that does not exist\n  config: [{file: nowhere.yaml}]\n  request: {port: 80, authority: a.test}\n  expect: {outcome: not_found}\n",
            "- name: later\n  config: [{kind: WasmPlugin}]\n  request: {port: 80, authority: a.test}\n  expect: {outcome: not_found}\n");

        Assert.Equal(
            ["good Passed", "wrong status Failed", "unknown key Failed", "unknown upstream key Failed", "unknown request key Failed",
                "no request Failed", "file that does not exist Failed", "later Skipped"],
            verdict.Cases.Select(test => $"{test.Name} {test.Status}"));
        Assert.Contains("unsupported expectation key \"colour\"", verdict.Cases[2].Why, StringComparison.Ordinal);
        Assert.Contains("unsupported expectation key \"upstream.colour\"", verdict.Cases[3].Why, StringComparison.Ordinal);
        Assert.Contains("unsupported request key \"colour\"", verdict.Cases[4].Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Weights_and_the_headers_of_each_destination_are_compared()
    {
        FileVerdict verdict = await RunAsync(
            Case("good", "outcome: forward, perDestination: {v1: {requestHeaders: {x-to: one}, responseHeaders: {x-from: one}}, v2: {requestHeaders: {x-to: two, x-no: null}}}"),
            Case("wrong header", "outcome: forward, perDestination: {v2: {requestHeaders: {x-to: one}}}"),
            Case("good weights", "outcome: forward, weights: [{host: b.default.svc.cluster.local, subset: v1, percent: 60}], tolerancePercent: 10", more: ", count: 100"),
            Case("wrong weights", "outcome: forward, weights: [{host: b.default.svc.cluster.local, subset: v1, percent: 45}], tolerancePercent: 10", more: ", count: 100"));

        Assert.Equal(
            ["good Passed", "wrong header Failed", "good weights Passed", "wrong weights Failed"],
            verdict.Cases.Select(test => $"{test.Name} {test.Status}"));
    }

    [Theory]
    [InlineData("cases: [")]
    [InlineData("description: nothing")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task A_file_that_is_none_is_one_failure(string text)
    {
        string path = Path.Combine(_folder, "broken.yaml");
        await File.WriteAllTextAsync(path, text);

        FileVerdict verdict = await SuiteRunner.RunAsync(FileAt(path), fixture.Suites);

        Assert.Equal(CaseStatus.Failed, Assert.Single(verdict.Cases).Status);
    }

    [Fact]
    public async Task What_is_common_is_filled_in()
    {
        string path = Path.Combine(_folder, "common.yaml");
        await File.WriteAllTextAsync(path, $$"""
            common:
              config:
            {{Indent(Gateway)}}
              request: {port: 80, authority: c.test, path: /}
            cases:
            - name: own authority
              config: (common)
              request: {authority: a.test}
              backends: [{host: b.default.svc.cluster.local, subset: v1}, {host: b.default.svc.cluster.local, subset: v2}]
              expect: {upstream: {path: /, authority: a.test} }
            - name: authority of all
              expect: {outcome: not_found}
            """);

        FileVerdict verdict = await SuiteRunner.RunAsync(FileAt(path), fixture.Suites);

        Assert.All(verdict.Cases, test => Assert.Equal("", test.Why));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Case(string name, string expect, string authority = "a.test", string more = "") => $$"""
        - name: {{name}}
          config:
        {{Indent(Gateway)}}
          backends: [{host: b.default.svc.cluster.local, subset: v1}, {host: b.default.svc.cluster.local, subset: v2}]
          request: {port: 80, authority: {{authority}}{{more}} }
          expect: { {{expect}} }

        """;

    private static string Indent(string text) => string.Join('\n', text.Split('\n').Select(line => "  " + line));

    private static CaseFile FileAt(string path) =>
        new() { Area = "routing", Name = Path.GetFileNameWithoutExtension(path), Path = path, Folders = CaseFolders.Current };

    private async Task<FileVerdict> RunAsync(params string[] cases)
    {
        string path = Path.Combine(_folder, "cases.yaml");
        await File.WriteAllTextAsync(path, "cases:\n" + string.Concat(cases));
        return await SuiteRunner.RunAsync(FileAt(path), fixture.Suites);
    }
}
