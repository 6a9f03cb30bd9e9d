using System.Text;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Binding;

/// <summary>Everything one text gave. Immutable once read, so a reload may take it over as it is.</summary>
internal sealed class SourceContent
{
    /// <summary>The text's name.</summary>
    public required string Source { get; init; }

    /// <summary>The resources in the order of the text, good and bad.</summary>
    public required IReadOnlyList<BoundResource> Resources { get; init; }

    /// <summary>The findings in the order of the text.</summary>
    public required IReadOnlyList<Diagnostic> Findings { get; init; }

    /// <summary>Whether some document could not be read far enough to know which resource it was.</summary>
    public required bool HasUnnamed { get; init; }

    /// <summary>Where documents stand that speak of a security policy and of which not even the name can be read.</summary>
    public IReadOnlyList<SourceLocation> UnreadablePolicies { get; init; } = [];
}

/// <summary>Reads texts: documents are cut apart, parsed, bound and validated each for itself. Thread-safe.</summary>
internal sealed class SourceReader
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly YamlReader _yaml = new(new());

    /// <summary>Reads a text.</summary>
    /// <param name="document">The text.</param>
    /// <param name="parallel">How many of its documents may be read at once.</param>
    public SourceContent Read(ConfigDocument document, int parallel)
    {
        List<Diagnostic> findings = [];
        if (!TryDecode(document, findings, out string text))
        {
            return new()
            {
                Source = document.Source,
                Resources = [],
                Findings = findings,
                HasUnnamed = true,
                UnreadablePolicies = SpeaksOfPolicy(Encoding.Latin1.GetString(document.Text.Span)) ? [new(document.Source, 0, 0)] : [],
            };
        }
        List<DocumentSlice> slices = DocumentSplitter.Split(text);
        SourceContent[] parts = new SourceContent[slices.Count];
        Parallel.For(0, parts.Length, new() { MaxDegreeOfParallelism = parallel }, i => parts[i] = Read(document.Source, text, slices[i]));
        return parts.Length == 1 ? parts[0] : new()
        {
            Source = document.Source,
            Resources = [.. parts.SelectMany(p => p.Resources)],
            Findings = [.. parts.SelectMany(p => p.Findings)],
            HasUnnamed = parts.Any(p => p.HasUnnamed),
            UnreadablePolicies = [.. parts.SelectMany(p => p.UnreadablePolicies)],
        };
    }

    private SourceContent Read(string source, string text, DocumentSlice slice)
    {
        List<Diagnostic> findings = [];
        List<BoundResource> resources = [];
        DocumentBinder binder = new(new(_yaml, text), findings, resources);
        ConfigNode? root = _yaml.Read(text, slice, new(source), findings);
        bool damaged = findings.Count > 0;
        if (root is not null)
        {
            string[] damage = [.. findings.Select(f => f.FieldPath)];
            for (int i = 0; i < findings.Count; i++)
                findings[i] = findings[i] with { Resource = DocumentBinder.Owner(root, damage[i]) };
            binder.Bind(root, damage);
        }
        bool hasUnnamed = binder.HasUnnamed || (root is null && damaged);
        // Binders ask for fields in their own order; the user reads findings in that of the text.
        return new()
        {
            Source = source,
            Resources = resources,
            Findings = findings.Count < 2 ? findings : [.. findings.OrderBy(f => f.Location.Line).ThenBy(f => f.Location.Column)],
            HasUnnamed = hasUnnamed,
            UnreadablePolicies = hasUnnamed && SpeaksOfPolicy(text.AsSpan(slice.Start, slice.Length)) ? [new(source, slice.Line, 0)] : [],
        };
    }

    private static bool SpeaksOfPolicy(ReadOnlySpan<char> text) =>
        text.Contains("AuthorizationPolicy", StringComparison.Ordinal) || text.Contains("RequestAuthentication", StringComparison.Ordinal);

    /// <summary>Reads the text of <c>--mesh-config</c>.</summary>
    /// <returns>The settings; null if they have an error.</returns>
    public MeshConfig? ReadMesh(ConfigDocument document, List<Diagnostic> findings) =>
        TryDecode(document, findings, out string text) ? new MeshReader(_yaml, text).Read(new(document.Source), text, null, findings) : null;

    /// <summary>Decodes a text, or says why it is none.</summary>
    private static bool TryDecode(ConfigDocument document, List<Diagnostic> findings, out string text)
    {
        text = "";
        ReadOnlySpan<byte> bytes = document.Text.Span;
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        if (bytes.Length > ParserLimits.MaxTextBytes)
            return Refuse(DiagnosticCatalogue.ParserLimit, $"The text has {bytes.Length} bytes; more than {ParserLimits.MaxTextBytes} are not read.", bytes[..0]);
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
            return Refuse(DiagnosticCatalogue.Syntax, "The text holds a zero byte: it is no UTF-8 text.", bytes[..zero]);
        try
        {
            text = Utf8.GetString(bytes);
            return true;
        }
        catch (DecoderFallbackException e)
        {
            return Refuse(DiagnosticCatalogue.Syntax, "The text is not valid UTF-8.", bytes[..Math.Clamp(e.Index, 0, bytes.Length)]);
        }

        bool Refuse(DiagnosticDescriptor what, string message, ReadOnlySpan<byte> before)
        {
            int line = before.Count((byte)'\n') + 1;
            int column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
            SourceLocation location = before.IsEmpty && what == DiagnosticCatalogue.ParserLimit ? new(document.Source, 0, 0) : new(document.Source, line, column);
            findings.Add(new(what.Code, what.Severity, message, location));
            return false;
        }
    }
}
