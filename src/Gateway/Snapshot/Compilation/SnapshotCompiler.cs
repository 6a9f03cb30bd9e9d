using Gateway.Config;

namespace Gateway.Snapshot.Compilation;

/// <summary>Turns the accepted resources into a snapshot: a list of compilers, one per subject. Pure.</summary>
internal static class SnapshotCompiler
{
    /// <summary>Compiles everything from scratch.</summary>
    public static CompileResult Compile(ConfigSet config, GatewayIdentity identity) => throw new NotImplementedException();
}
