namespace Gateway.Bench;

/// <summary>The gateway as its users run it: configuration from <see cref="GatewayYaml"/>, metrics on.</summary>
/// <param name="name">Name in the tables.</param>
/// <param name="build">How it was compiled.</param>
/// <param name="policies">Documents beside the common ones: <see cref="GatewayPolicies"/>.</param>
/// <param name="options">More options of <c>gateway run</c>.</param>
internal sealed class GatewayContender(string name, GatewayBuild build, Func<BenchFolder, string>? policies = null, params string[] options) : Contender(name)
{
    public override bool Compiles => build.Compiles;

    public override int H2c => Plain;

    public override async Task<Command> ConfigureAsync(BenchFolder folder, OriginPorts origins)
    {
        string config = Path.Combine(folder.Path, Name + "-config");
        Directory.CreateDirectory(config);
        await File.WriteAllTextAsync(Path.Combine(config, "bench.yaml"), string.Join("\n---\n",
            GatewayYaml.Listeners(this), GatewayYaml.Secret(folder), GatewayYaml.Routes(this), GatewayYaml.Destinations(folder, origins)));
        if (policies is not null)
            await File.WriteAllTextAsync(Path.Combine(config, "policies.yaml"), policies(folder));
        return new Command(build.Program,
            ["run", "--config", config, "--admin-address", "off", "--health-port", "off", "--metrics-port", $"127.0.0.1:{Text(Ports.Free())}", .. options],
            build.Environment);
    }
}
