using Gateway.Config.Diagnostics;

namespace Gateway.Config.Parsing;

/// <summary>Leaves a document that passed a limit, from any depth; caught by <see cref="YamlReader"/>, never seen outside.</summary>
internal sealed class ParserLimitException(string message, SourceLocation location) : Exception(message)
{
    public SourceLocation Location { get; } = location;
}
