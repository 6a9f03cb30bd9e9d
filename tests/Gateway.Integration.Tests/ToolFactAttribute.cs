namespace Gateway.Integration.Tests;

/// <summary>A fact that needs a program; skipped where it is not installed, but not in continuous integration.</summary>
public sealed class ToolFactAttribute : FactAttribute
{
    public ToolFactAttribute(string tool)
    {
        bool installed = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));
        if (!installed && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"{tool} is not installed.";
    }
}
