namespace Gateway.Bench;

/// <summary>A way to compile the gateway; <c>bench/run</c> has published each that is asked for into a folder of its own.</summary>
/// <param name="Name">As asked for: <c>r2r</c>, <c>r2r-composite</c>, <c>aot</c> or <c>jit</c>, with variables of the runtime behind it: <c>jit+DOTNET_TieredPGO=0</c>.</param>
internal sealed record GatewayBuild(string Name)
{
    /// <summary>As it ships.</summary>
    public static GatewayBuild Default { get; } = new("aot");

    /// <summary>Whether the just-in-time compiler takes part.</summary>
    public bool Compiles => Folder != "aot";

    /// <summary>The program.</summary>
    public string Program => Path.GetFullPath($"artifacts/bench/{Folder}/gateway");

    /// <summary>Variables for the runtime.</summary>
    public string[] Environment => [.. Name.Split('+')[1..], $"DOTNET_ROOT={Path.GetDirectoryName(System.Environment.ProcessPath)}"];

    private string Folder => Name.Split('+')[0];
}
