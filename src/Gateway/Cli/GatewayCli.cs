using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace Gateway.Cli;

/// <summary>The command line: verbs, help, misuse. Each verb is a class of its own that makes a <see cref="Command"/>.</summary>
internal sealed class GatewayCli
{
    private readonly CliConsole _console;
    private readonly RootCommand _root;

    /// <summary>Makes the command line over a console.</summary>
    public GatewayCli(CliConsole console)
    {
        _console = console;
        _root = new RootCommand("An ingress and egress gateway that serves Istio's resources.")
        {
            RunCommand.Create(console),
            DemoCommand.Create(console),
            ValidateCommand.Create(console),
            ExplainCommand.Create(console),
            DnsCommand.Create(console),
            EgressCommand.Create(console),
            CertsCommand.Create(console),
            VersionCommand.Create(console),
        };
        foreach (Option option in _root.Options)
        {
            if (option is HelpOption help)
                help.Action = new ExamplesHelpAction((HelpAction)help.Action!);
        }
    }

    /// <summary>Runs a command line; returns the exit code.</summary>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        ParseResult parsed = _root.Parse(arguments);
        if (parsed.Errors.Count > 0)
            return Misuse(parsed);
        return await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = _console.Out,
                Error = _console.Error,
                // Commands that run for long drain by themselves on a signal; the library would cut them off after two seconds.
                ProcessTerminationTimeout = null,
            },
            cancellationToken).ConfigureAwait(false);
    }

    private int Misuse(ParseResult parsed)
    {
        foreach (ParseError error in parsed.Errors)
            _console.Error.WriteLine($"gateway: {error.Message}");
        Command verb = parsed.CommandResult.Command;
        string command = NameOf(verb);
        string arguments = verb.Subcommands.Count > 0 ? "COMMAND " : string.Concat(verb.Arguments.Select(argument => argument.Name + " "));
        _console.Error.WriteLine($"Usage: {command} {arguments}[options]");
        _console.Error.WriteLine($"Run '{command} --help' for usage and examples.");
        return ExitCode.Misuse;
    }

    private string NameOf(Command verb) =>
        verb == _root ? "gateway" : $"{NameOf(verb.Parents.OfType<Command>().First())} {verb.Name}";
}
