using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Snapshot;
using Gateway.Snapshot.Compilation;
using Gateway.Testing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>What <c>gateway explain</c> says and what happens are the same, for configurations and requests that nobody thought of.</summary>
public sealed class AgreementTests(SuiteFixture fixture) : IClassFixture<SuiteFixture>
{
    private const int RequestsPerConfig = 40;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 30)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Random_requests_end_as_explained(int seed)
    {
        var random = new RandomConfig(seed);
        int echo = fixture.Fleet.Lease();
        try
        {
            GatewaySnapshot snapshot = Compile(random, echo);
            await using TestGateway gateway = await TestGateway.StartEmptyAsync(TimeSpan.Zero);
            await gateway.ApplyAsync(snapshot, CancellationToken.None);
            var differences = new List<string>();
            var outcomes = new HashSet<string>();
            for (int i = 0; i < RequestsPerConfig; i++)
            {
                CaseRequest request = random.Request();
                Observation explained = SimulatedRun.Observe(snapshot, request);
                Observation live = await LiveRun.SendAsync(gateway, request, _ => new Destination("up.test", 80, ""));
                outcomes.Add(live.Outcome);
                differences.AddRange(Agreement.Differences(explained, live).Select(difference =>
                    $"{request.Method} {request.Authority}{request.Path} [{string.Join(", ", request.Headers)}]: {difference}"));
            }

            Assert.True(differences.Count == 0, string.Join('\n', differences));
            // Requests that all ended alike would show nothing.
            Assert.InRange(outcomes.Count, 2, 4);
            Assert.Empty(gateway.Faults);
        }
        finally
        {
            fixture.Fleet.Return(echo);
        }
    }

    private static GatewaySnapshot Compile(RandomConfig random, int echo)
    {
        ConfigDocument[] documents = [.. random.Documents(echo).Select((text, index) => Document($"document {index}", text))];
        LoadResult load = new ConfigLoader().Load(documents, Document("mesh", random.Mesh()));
        CompileResult compiled = SnapshotCompiler.Compile(load.Config, new GatewayIdentity());
        Assert.DoesNotContain(load.Diagnostics, finding => finding.Code == DiagnosticCatalogue.Syntax.Code);
        return compiled.Snapshot;
    }

    private static ConfigDocument Document(string name, string text) => new(name, Encoding.UTF8.GetBytes(text));
}
