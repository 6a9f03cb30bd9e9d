using System.Collections.Immutable;
using Gateway.Config;
using Gateway.Config.Diagnostics;

namespace Gateway.Sources;

/// <summary>What a source holds at one moment.</summary>
/// <param name="Documents">All texts in a stable order; a text that did not change is the same instance as in the listing before.</param>
/// <param name="Diagnostics">What could not be read.</param>
internal sealed record SourceListing(ImmutableArray<ConfigDocument> Documents, ImmutableArray<Diagnostic> Diagnostics);

/// <summary>
/// Delivers the full current set of documents and says when it may have changed. Listed by one caller at a time,
/// watched at most once; disposing ends the watch.
/// </summary>
internal interface IConfigSource : IAsyncDisposable
{
    /// <summary>Reads the current set. Throws only when cancelled: what cannot be read is a diagnostic.</summary>
    ValueTask<SourceListing> ListAsync(CancellationToken cancellationToken);

    /// <summary>Calls <paramref name="changed"/>, from any thread and possibly too often, whenever a new listing may differ.</summary>
    void Watch(Action changed);
}
