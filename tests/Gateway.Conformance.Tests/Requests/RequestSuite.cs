using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Conformance.Tests.Cases;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Testing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>Cases with a <c>request</c>: explained from the compiled configuration, sent over real sockets, and the two compared.</summary>
internal sealed class RequestSuite(EchoFleet fleet, CaseCertificates certificates) : ISuite
{
    // The gateway's address in the original simulations: ServiceEntries of cases name it as their endpoint.
    private const string WorkloadAddress = "1.1.1.1";

    public bool Takes(ConformanceCase test) => (test.Area("routing") || test.Area("tls") || test.Area("authz") || test.Area("jwt")) && test.Request is not null && test.Node.Get("kind") is null;

    public async Task<IReadOnlyList<string>> RunAsync(ConformanceCase test, CancellationToken cancel)
    {
        var request = CaseRequest.Read(test);
        using var backends = new CaseBackends(fleet, certificates, test, request.Port);
        ConfigDocument[] config = [.. CaseDocuments.Config(test)];
        await using ScriptedHttpServer? jwks = await CaseJwksServer.StartAsync(test, config);
        ConfigDocument[] documents = [.. CaseJwksServer.Resolve(config, jwks), .. CaseDocuments.Secrets(test, certificates), .. backends.Documents()];
        LoadResult load = new ConfigLoader().Load(documents, CaseDocuments.Mesh(test));
        CompileResult compiled = SnapshotCompiler.Compile(load.Config, Identity(test));

        Observation explained = SimulatedRun.Observe(compiled.Snapshot, request);
        Observation live = await LiveRun.ObserveAsync(backends.Translate(compiled.Snapshot), test, request, backends, certificates.SystemAuthorities, cancel);

        // Whether a certificate is taken is found out by the handshake alone; an explanation takes it to be a good one.
        bool isExplainable = !(test.Area("tls") && test.Expect.Get("handshake").Text() == "fail" && explained.Outcome != live.Outcome);
        List<string> differences =
        [
            .. isExplainable ? Expectation.Differences(test.Expect, explained, "simulated") : [],
            .. Expectation.Differences(test.Expect, live, "live"),
            .. isExplainable ? Agreement.Differences(explained, live) : [],
        ];
        if (differences.Count > 0)
            differences.AddRange(load.Diagnostics.Concat(compiled.Diagnostics).Where(finding => finding.Severity == Severity.Error).Select(finding => finding.ToString()));
        return differences;
    }

    private static GatewayIdentity Identity(ConformanceCase test)
    {
        string name = test.Node.Get("role").Text() switch
        {
            null or "ingress" => "ingressgateway",
            "egress" => "egressgateway",
            var role => throw new InvalidDataException($"unsupported role \"{role}\""),
        };
        return new GatewayIdentity
        {
            Addresses = [WorkloadAddress],
            Labels = new EquatableMap<string>([KeyValuePair.Create("istio", name), KeyValuePair.Create("app", $"istio-{name}")]),
        };
    }
}
