using Gateway.Config.Diagnostics;
using YamlDotNet.Core;

namespace Gateway.Config.Parsing;

/// <summary>How positions in a parsed text become places in the source that the user sees.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="LineOffset">Lines of the source before the parsed text.</param>
/// <param name="ColumnOffset">Columns cut from the left of each line.</param>
/// <param name="Fixed">The one place for everything, where positions cannot be told.</param>
internal readonly record struct Placement(string Source, int LineOffset = 0, int ColumnOffset = 0, SourceLocation? Fixed = null)
{
    /// <summary>The place of a parser's mark.</summary>
    public SourceLocation Locate(in Mark mark) => Locate((int)mark.Line, (int)mark.Column);

    /// <summary>The place of a line and column in the parsed text, both from 1.</summary>
    public SourceLocation Locate(int line, int column) => Fixed ?? new(Source, line + LineOffset, column + ColumnOffset);

    /// <summary>
    /// The placement of a document written inside a string of another one. In a literal block (<c>mesh: |</c>) lines and
    /// columns can be told; in every other style they are lost, and all is placed where the string begins.
    /// </summary>
    public static Placement Of(string text, ConfigNode value)
    {
        SourceLocation at = value.Location;
        Placement whole = new(at.Source, Fixed: at);
        int line = StartOfLine(text, at.Line);
        int indicator = line + at.Column - 1;
        if (line < 0 || indicator >= text.Length || text[indicator] != '|')
            return whole;
        int next = text.IndexOf('\n', indicator) + 1;
        while (next > 0 && next < text.Length)
        {
            int indent = text.AsSpan(next).IndexOfAnyExcept(' ');
            if (indent < 0)
                return whole;
            if (text[next + indent] is not ('\n' or '\r'))
                return new(at.Source, at.Line, indent);
            next = text.IndexOf('\n', next) + 1;
        }
        return whole;
    }

    private static int StartOfLine(string text, int line)
    {
        int start = 0;
        for (int i = 1; i < line; i++)
        {
            int end = text.IndexOf('\n', start);
            if (end < 0)
                return -1;
            start = end + 1;
        }
        return start;
    }
}
