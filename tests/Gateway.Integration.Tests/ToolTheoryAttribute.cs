namespace Gateway.Integration.Tests;

/// <summary>A theory that needs a program; skipped where it is not installed, but not in continuous integration.</summary>
public sealed class ToolTheoryAttribute : TheoryAttribute
{
    public ToolTheoryAttribute(string tool) => Skip = new ToolFactAttribute(tool).Skip;
}
