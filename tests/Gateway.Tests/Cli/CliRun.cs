using Gateway.Cli;

namespace Gateway.Tests.Cli;

/// <summary>A command line run inside the test, with what it printed.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static async Task<CliRun> OfAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await new GatewayCli(new CliConsole(output, error, isTerminal: false)).RunAsync(arguments, CancellationToken.None);
        return new CliRun(code, output.ToString(), error.ToString());
    }
}
