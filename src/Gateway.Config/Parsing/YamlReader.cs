using Gateway.Config.Diagnostics;
using YamlDotNet.Core;

namespace Gateway.Config.Parsing;

/// <summary>
/// Reads one YAML or JSON document into nodes. JSON needs no reader of its own: it is a part of YAML.
/// Anchors, aliases and merge keys (<c>&lt;&lt;</c>, as kubectl reads them) are followed within <see cref="ParserLimits"/>.
/// Not thread-safe: the pool of strings is shared by all documents.
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
        using StringReader input = new(slice.Length == text.Length ? text : text.Substring(slice.Start, slice.Length));
        Composition composition = new(new Parser(input), placement with { LineOffset = placement.LineOffset + slice.Line - 1 }, pool, findings);
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
            findings.Add(new(DiagnosticCatalogue.Syntax.Code, Severity.Error, Sentence(e), composition.Locate(e.Start)));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // The scanner lets some of the runtime's own exceptions out on malformed escapes and directives.
            findings.Add(new(DiagnosticCatalogue.Syntax.Code, Severity.Error, "The text is not valid YAML.", composition.Here));
        }
        return null;
    }

    private static string Sentence(YamlException e)
    {
        string message = e.Message.TrimEnd('.');
        return message.Length == 0 ? "The text is not valid YAML." : $"{char.ToUpperInvariant(message[0])}{message[1..]}.";
    }
}
