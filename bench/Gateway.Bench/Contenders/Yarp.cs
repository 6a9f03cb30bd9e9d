namespace Gateway.Bench;

/// <summary><see cref="PlainYarp"/> in a process of its own.</summary>
internal sealed class Yarp() : Contender("yarp")
{
    public override bool Compiles => true;

    public override async Task<Command> ConfigureAsync(BenchFolder folder, OriginPorts origins)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "ports"),
            $"{Plain} {Tls} {H2c} {origins.Static} {origins.StaticTls} {origins.App} {origins.AppHttp2}");
        return new Command("dotnet", [typeof(Yarp).Assembly.Location, "yarp", folder.Path]);
    }
}
