using Gateway.Conformance.Tests.Requests;
using Gateway.Conformance.Tests.Resolution;
using Gateway.Conformance.Tests.Validation;

namespace Gateway.Conformance.Tests;

/// <summary>The suites, in the order in which they are asked, with what they share.</summary>
public sealed class SuiteFixture : IAsyncLifetime, IDisposable
{
    private readonly CaseCertificates _certificates = new();
    private EchoFleet? _fleet;

    internal EchoFleet Fleet => _fleet ?? throw new InvalidOperationException("Not started.");

    internal IReadOnlyList<ISuite> Suites { get; private set; } = [];

    public async Task InitializeAsync()
    {
        _fleet = await EchoFleet.StartAsync();
        Suites = [new ValidationSuite(), new HostMatchingSuite(), new DelegateMergeSuite(), new RetryPolicySuite(), new DestinationPolicySuite(), new RequestSuite(_fleet, _certificates), new SecretSuite()];
    }

    public async Task DisposeAsync()
    {
        if (_fleet is not null)
            await _fleet.DisposeAsync();
    }

    public void Dispose() => _certificates.Dispose();
}
