using Spectre.Console;

namespace Gateway.Cli;

/// <summary>Where a command writes: results to <see cref="Out"/>, everything about the run itself to <see cref="Error"/>.</summary>
internal sealed class CliConsole
{
    /// <summary>Makes a console over two writers; <paramref name="isTerminal"/> = a person looks at the output.</summary>
    public CliConsole(TextWriter output, TextWriter error, bool isTerminal)
    {
        Out = output;
        Error = error;
        IsTerminal = isTerminal;
        Ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // Lines are never folded here: programs read them, and a terminal that wraps by itself keeps file:line:column in one piece.
        Ansi.Profile.Width = int.MaxValue / 4;
    }

    /// <summary>Results.</summary>
    public TextWriter Out { get; }

    /// <summary>Messages.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether colour and tables make sense.</summary>
    public bool IsTerminal { get; }

    /// <summary><see cref="Out"/> with colour where there is any.</summary>
    public IAnsiConsole Ansi { get; }

    /// <summary>The console of this process.</summary>
    public static CliConsole OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected);
}

/// <summary>How a command ends.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>It did not work: errors in the configuration, a port in use.</summary>
    public const int Failure = 1;

    /// <summary>The command line was wrong.</summary>
    public const int Misuse = 2;
}
