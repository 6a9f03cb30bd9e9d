using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Gateway.Cli;

/// <summary><c>gateway version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The product's version, with the commit it was built from if the build knew it.</summary>
    public static string ProductVersion { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        ExampleCommand command = new("version", "Print the version of the gateway and of what it runs on.", "gateway version");
        command.SetAction(_ =>
        {
            console.Out.WriteLine($"gateway {ProductVersion}");
            console.Out.WriteLine($"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
            return ExitCode.Success;
        });
        return command;
    }
}
