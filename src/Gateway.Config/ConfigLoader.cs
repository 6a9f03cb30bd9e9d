using System.Collections.Immutable;
using Gateway.Config.Diagnostics;

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
    /// <summary>Loads the full current set of documents.</summary>
    /// <param name="documents">All texts, in the order in which their findings shall be reported.</param>
    /// <param name="meshConfig">A MeshConfig given by <c>--mesh-config</c>; null = look for the ConfigMap <c>istio</c>.</param>
    public LoadResult Load(IReadOnlyList<ConfigDocument> documents, ConfigDocument? meshConfig = null) =>
        throw new NotImplementedException();
}
