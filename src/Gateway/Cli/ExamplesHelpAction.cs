using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Gateway.Cli;

/// <summary>A command with examples for its help.</summary>
internal sealed class ExampleCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines as a user would type them.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;
}

/// <summary>The library's help, followed by the command's examples.</summary>
internal sealed class ExamplesHelpAction(HelpAction inner) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int result = inner.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is ExampleCommand command
            ? command.Examples
            :
            [
                "gateway demo",
                "gateway run --config ./istio",
                "gateway validate --config ./istio",
                "gateway explain --config ./istio GET http://bookinfo.example.com/productpage",
            ];
        if (examples.Count > 0)
        {
            output.WriteLine("Examples:");
            foreach (string example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }
        return result;
    }
}
