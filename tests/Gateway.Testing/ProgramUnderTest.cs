using System.Diagnostics;

namespace Gateway.Testing;

/// <summary>
/// The program that tests start as a process of its own: what was built with them, or the file that <c>GATEWAY_PROGRAM</c>
/// names, e.g. the native code that ships.
/// </summary>
public static class ProgramUnderTest
{
    /// <summary>How it is started; output is not redirected yet.</summary>
    public static ProcessStartInfo With(params IEnumerable<string> arguments) =>
        Environment.GetEnvironmentVariable("GATEWAY_PROGRAM") is { Length: > 0 } program
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "gateway.dll"), .. arguments]);
}
