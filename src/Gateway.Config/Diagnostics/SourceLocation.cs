namespace Gateway.Config.Diagnostics;

/// <summary>A place in a configuration text, counted from 1 as editors do.</summary>
/// <param name="Source">File path as given by the user, or the object's name for other sources.</param>
/// <param name="Line">Line, from 1; 0 = the whole source.</param>
/// <param name="Column">Column, from 1; 0 = unknown.</param>
public readonly record struct SourceLocation(string Source, int Line, int Column)
{
    /// <summary>No place: something made by the program itself.</summary>
    public static readonly SourceLocation None = new("", 0, 0);

    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? Source : Column == 0 ? $"{Source}:{Line}" : $"{Source}:{Line}:{Column}";
}
