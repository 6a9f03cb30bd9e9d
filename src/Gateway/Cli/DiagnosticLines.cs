using Gateway.Config.Diagnostics;
using Spectre.Console;

namespace Gateway.Cli;

/// <summary>Findings as lines that editors and people can follow: <c>file:line:column: severity CODE …</c>.</summary>
internal static class DiagnosticLines
{
    /// <summary>Writes one line per finding.</summary>
    public static void Write(CliConsole console, TextWriter target, IReadOnlyList<Diagnostic> diagnostics)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            if (console.IsTerminal && ReferenceEquals(target, console.Out))
                console.Ansi.WriteLine(diagnostic.ToString(), StyleOf(diagnostic.Severity));
            else
                target.WriteLine(diagnostic.ToString());
        }
    }

    /// <summary><c>2 errors, 1 warning</c>.</summary>
    public static string Summary(IReadOnlyList<Diagnostic> diagnostics)
    {
        int errors = Count(diagnostics, Severity.Error);
        int warnings = Count(diagnostics, Severity.Warning);
        return $"{Counted(errors, "error")}, {Counted(warnings, "warning")}";
    }

    /// <summary>How many findings have a severity.</summary>
    public static int Count(IReadOnlyList<Diagnostic> diagnostics, Severity severity) => diagnostics.Count(diagnostic => diagnostic.Severity == severity);

    private static string Counted(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    private static Style StyleOf(Severity severity) => severity switch
    {
        Severity.Error => new Style(Color.Red),
        Severity.Warning => new Style(Color.Yellow),
        _ => new Style(Color.Grey),
    };
}
