using Gateway.Config.Diagnostics;
using YamlDotNet.Core;

namespace Gateway.Config.Parsing;

/// <summary>
/// Reads one YAML or JSON document into nodes. JSON needs no reader of its own: it is a part of YAML.
/// Anchors, aliases and merge keys (<c>&lt;&lt;</c>, as kubectl reads them) are followed within <see cref="ParserLimits"/>.
/// Thread-safe; the pool of strings is shared by all documents.
/// </summary>
internal sealed class YamlReader(StringPool pool)
{
    /// <summary>Reads the document in a slice of a text.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="slice">The part to read.</param>
    /// <param name="placement">Where the text stands.</param>
    /// <param name="findings">Takes syntax errors, duplicate keys and passed limits.</param>
    /// <returns>The document; null if it is empty or was given up.</returns>
    public ConfigNode? Read(string text, DocumentSlice slice, Placement placement, List<Diagnostic> findings)
    {
        placement = placement with { LineOffset = placement.LineOffset + slice.Line - 1 };
        return PlainBlockReader.Read(text.AsSpan(slice.Start, slice.Length), placement, pool) ?? ReadFully(text, slice, placement, findings);
    }

    /// <summary>The same by the full parser alone.</summary>
    internal ConfigNode? ReadFully(string text, DocumentSlice slice, Placement placement, List<Diagnostic> findings)
    {
        if (text.IndexOf('\0', slice.Start, slice.Length) is >= 0 and int nul)
        {
            // The scanner takes it for the end: what stands behind it would be passed over without a word.
            ReadOnlySpan<char> before = text.AsSpan(slice.Start, nul - slice.Start);
            findings.Add(new(DiagnosticCatalogue.Syntax.Code, Severity.Error, "The text holds a NUL character, which YAML forbids.", placement.Locate(before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'))));
            return null;
        }
        using StringReader input = new(slice.Length == text.Length ? text : text.Substring(slice.Start, slice.Length));
        Composition composition = new(new Parser(input), placement, pool, findings);
        try
        {
            return composition.Document();
        }
        catch (ParserLimitException e)
        {
            findings.Add(new(DiagnosticCatalogue.ParserLimit.Code, Severity.Error, e.Message, e.Location));
        }
        catch (YamlException e)
        {
            findings.Add(Syntax(e, composition));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The scanner has states it does not expect itself in, such as a flow mapping that is never closed.
            findings.Add(new(DiagnosticCatalogue.Syntax.Code, Severity.Error, "The text is not valid YAML from here on; a bracket or brace may not be closed.", composition.Here));
        }
        return null;
    }

    private static Diagnostic Syntax(YamlException e, Composition composition)
    {
        string message = e.Message.TrimEnd('.');
        message = message.Length == 0 ? "The text is not valid YAML" : $"{char.ToUpperInvariant(message[0])}{message[1..]}";
        // What is wrong may show lines after its beginning; what is never closed shows only at the end of the text.
        bool late = e.End.Line > e.Start.Line && !message.EndsWith("end of stream", StringComparison.Ordinal);
        if (late)
            message = $"{message} (begun in line {composition.Locate(e.Start).Line})";
        return new(DiagnosticCatalogue.Syntax.Code, Severity.Error, $"{message}.", composition.Locate(late ? e.End : e.Start));
    }
}
