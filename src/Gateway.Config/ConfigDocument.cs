namespace Gateway.Config;

/// <summary>One whole text handed over by a configuration source.</summary>
/// <param name="Source">The file path as the user would name it, or the object's name.</param>
/// <param name="Text">YAML (several documents allowed) or JSON, UTF-8.</param>
public sealed record ConfigDocument(string Source, ReadOnlyMemory<byte> Text);
