namespace Gateway.Bench;

/// <summary>The proxies that a run may need. Each is started when the first scenario asks for it, and stopped when one does not.</summary>
internal sealed class Roster : IDisposable
{
    private readonly BenchFolder _folder;
    private readonly OriginPorts _origins;
    private readonly BenchOptions _options;
    private readonly Dictionary<string, Contender> _known = [];

    public Roster(BenchOptions options, BenchFolder folder, OriginPorts origins)
    {
        (_options, _folder, _origins) = (options, folder, origins);
        GatewayBuild first = Build = options.Builds.Count > 0 ? new GatewayBuild(options.Builds[0]) : GatewayBuild.Default;
        Contender[] gateways = options.Builds.Count > 0
            ? [.. options.Builds.Select(build => new GatewayContender("gateway-" + build, new GatewayBuild(build)))]
            : [new GatewayContender("gateway", first)];
        Standard = Selected([new Nginx(), new Haproxy(), new Yarp(), .. gateways], new GatewayContender("gateway-yarp", first, null, "--upstream-client", "yarp"),
            new GatewayContender("gateway-sslstream", first, null, "--tls", "sslstream"), new GatewayContender("gateway-sockets", first, null, "--transport", "sockets"));
        Gateway = gateways[0];
        RulesByPath = new GatewayContender("gateway-rbac-path", first, GatewayPolicies.RulesByPath);
        RulesByHeader = new GatewayContender("gateway-rbac-header", first, GatewayPolicies.RulesByHeader);
        Tokens = new GatewayContender("gateway-jwt", first, GatewayPolicies.Tokens);
        RateLimit = new GatewayContender("gateway-ratelimit", first, GatewayPolicies.RateLimit);
        foreach (Contender contender in (Contender[])[.. Standard, Gateway, RulesByPath, RulesByHeader, Tokens, RateLimit])
            _known[contender.Name] = contender;
    }

    /// <summary>Those that are compared with one another.</summary>
    public IReadOnlyList<Contender> Standard { get; }

    /// <summary>How the gateway is compiled where only one is measured.</summary>
    public GatewayBuild Build { get; }

    /// <summary>The gateway without security policies.</summary>
    public Contender Gateway { get; }

    public Contender RulesByPath { get; }

    public Contender RulesByHeader { get; }

    public Contender Tokens { get; }

    public Contender RateLimit { get; }

    /// <summary>Has these running, and no others.</summary>
    public async Task NeedAsync(IReadOnlyCollection<Contender> needed)
    {
        foreach (Contender idle in _known.Values.Where(contender => !needed.Contains(contender)))
            idle.Stop();
        foreach (Contender contender in needed.Where(contender => contender.Process is null))
            await contender.StartAsync(_folder, _origins);
    }

    public void Dispose()
    {
        foreach (Contender contender in _known.Values)
            contender.Stop();
    }

    // The gateway's other ways are only measured when asked for.
    private Contender[] Selected(Contender[] usual, params Contender[] others) =>
        _options.Contenders.Count == 0 ? usual : [.. usual.Concat(others).Where(contender => _options.Contenders.Contains(contender.Name))];
}
