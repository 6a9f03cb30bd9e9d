using System.Collections.Immutable;
using System.Security.Cryptography;
using Gateway.Config.Binding;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config;

/// <summary>What a load gave.</summary>
/// <param name="Config">Everything that was accepted; for a resource that became bad, its last good version.</param>
/// <param name="Diagnostics">All findings, in the order of the documents.</param>
public sealed record LoadResult(ConfigSet Config, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>
/// Texts in, <see cref="ConfigSet"/> and findings out: parse, bind, validate. Never throws on bad input and never stops
/// at the first error. Keeps what it made of each text, so that a reload costs only the texts that changed; one
/// instance therefore belongs to one pipeline and is not thread-safe.
/// </summary>
public sealed class ConfigLoader
{
    private readonly SourceReader _reader = new();
    private readonly LastGood _lastGood = new();
    private Dictionary<TextKey, SourceContent> _read = [];
    private MeshConfig? _mesh;

    /// <summary>A text by name and content. The hash stands for the content, so that no text (and no secret in it) is kept.</summary>
    private readonly record struct TextKey(string Source, UInt128 Hash);

    /// <summary>Loads the full current set of documents.</summary>
    /// <param name="documents">All texts, in the order in which their findings shall be reported.</param>
    /// <param name="meshConfig">A MeshConfig given by <c>--mesh-config</c>; null = look for the ConfigMap <c>istio</c>.</param>
    public LoadResult Load(IReadOnlyList<ConfigDocument> documents, ConfigDocument? meshConfig = null)
    {
        ImmutableArray<Diagnostic>.Builder findings = ImmutableArray.CreateBuilder<Diagnostic>();
        SourceContent[] contents = Read(documents);
        _lastGood.Begin();
        foreach (SourceContent content in contents)
        {
            findings.AddRange(content.Findings);
            _lastGood.Take(content, findings);
        }
        IReadOnlyCollection<Resource> inForce = _lastGood.End(findings);
        return new(ConfigSetBuilder.Build(inForce, Mesh(meshConfig, findings), _lastGood.Refused, _lastGood.UnreadablePolicies), findings.ToImmutable());
    }

    private MeshConfig? Mesh(ConfigDocument? document, ImmutableArray<Diagnostic>.Builder findings)
    {
        if (document is null)
            return _mesh = null;
        List<Diagnostic> found = [];
        MeshConfig? read = _reader.ReadMesh(document, found);
        findings.AddRange(found);
        if (read is null && _mesh is not null)
        {
            findings.Add(new(DiagnosticCatalogue.LastGoodKept.Code, DiagnosticCatalogue.LastGoodKept.Severity,
                "The mesh settings accepted before stay in force.", new(document.Source, 0, 0)));
        }
        return _mesh = read ?? _mesh;
    }

    private SourceContent[] Read(IReadOnlyList<ConfigDocument> documents)
    {
        // The first load has the machine to itself; later ones run beside traffic and take one processor.
        int parallel = _read.Count == 0 ? Environment.ProcessorCount : 1;
        Dictionary<TextKey, SourceContent> known = _read;
        TextKey[] keys = new TextKey[documents.Count];
        SourceContent[] contents = new SourceContent[documents.Count];
        Parallel.For(0, contents.Length, new() { MaxDegreeOfParallelism = parallel }, i =>
        {
            keys[i] = new(documents[i].Source, Hash(documents[i].Text.Span));
            contents[i] = known.TryGetValue(keys[i], out SourceContent? content) ? content : _reader.Read(documents[i], parallel);
        });
        _read = new(contents.Length);
        for (int i = 0; i < contents.Length; i++)
            _read[keys[i]] = contents[i];
        return contents;
    }

    private static UInt128 Hash(ReadOnlySpan<byte> text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
