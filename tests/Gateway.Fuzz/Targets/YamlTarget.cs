using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Parsing;
using Gateway.Config.Tests.Parsing;

namespace Gateway.Fuzz.Targets;

/// <summary>
/// Any text becomes nodes or findings and never an exception; what the reader for plain documents takes, the full parser
/// reads the same, place for place.
/// </summary>
internal static class YamlTarget
{
    private const int MaxChars = 16 * 1024;

    public static void Run(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(input.Length, MaxChars)));
        foreach (DocumentSlice slice in DocumentSplitter.Split(text))
            Compare(text.Substring(slice.Start, slice.Length));
    }

    private static void Compare(string document)
    {
        List<Diagnostic> findings = [];
        ConfigNode? full = new YamlReader(new()).ReadFully(document, new(0, document.Length, 1), new("t"), findings);
        Check.That(full is not null || findings.Count > 0 || IsBlank(document), "a document becomes nodes or findings");
        if (PlainBlockReader.Read(document, new Placement("t"), new()) is not { } plain)
            return;
        Check.That(full is not null && findings.Count == 0, "what is plain is right");
        Check.Same(NodeText.Of(full!), NodeText.Of(plain), "both readers");
    }

    private static bool IsBlank(string document) => document.Split('\n').All(line => line.Trim() is "" or "---" or "..." || line.TrimStart()[0] is '#' or '%');
}
