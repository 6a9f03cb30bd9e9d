using Gateway.Testing;
using Gateway.Testing.Echo;

namespace Gateway.Integration.Tests;

/// <summary>A gateway with a plain port (80) and a TLS port (443) before one echo server, reached as HTTP/1.1 (<c>h1.test</c>) and h2c (<c>h2.test</c>).</summary>
public class EchoFixture : IAsyncLifetime
{
    private readonly string? _transport;

    public EchoFixture()
    {
    }

    /// <param name="transport">One of <see cref="TestMode.Transports"/>.</param>
    protected EchoFixture(string transport) => _transport = transport;

    /// <summary>The authority of the gateway's certificate.</summary>
    public TestCertificates Authority { get; } = new();

    /// <summary>The server behind.</summary>
    public EchoUpstream Echo { get; private set; } = null!;

    /// <summary>The gateway.</summary>
    public TestGateway Gateway { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        if (_transport is not null)
            TestMode.Use(_transport);
        Echo = await EchoUpstream.StartAsync();
        using TestCertificate certificate = Authority.IssueServer("h1.test", "h2.test");
        Gateway = await TestGateway.StartAsync(
            TestConfig.HttpGateway(),
            TestConfig.HttpsGateway("cert"),
            TestConfig.Secret("cert", certificate),
            TestConfig.Backend("up-h1.test", Echo),
            TestConfig.Backend("up-h2.test", Echo, "HTTP2"),
            TestConfig.Route("h1.test", "up-h1.test"),
            TestConfig.Route("h2.test", "up-h2.test"));
    }

    public async Task DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Echo.DisposeAsync();
        Authority.Dispose();
    }
}
