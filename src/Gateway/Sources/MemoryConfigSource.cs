using System.Collections.Immutable;
using Gateway.Config;

namespace Gateway.Sources;

/// <summary>Documents held in memory, for a gateway that lives inside another program (a test, the demo).</summary>
internal sealed class MemoryConfigSource(ImmutableArray<ConfigDocument> documents) : IConfigSource
{
    private Action? _changed;
    private SourceListing _listing = new(documents, []);

    /// <summary>Replaces the whole set.</summary>
    public void Replace(ImmutableArray<ConfigDocument> documents)
    {
        Volatile.Write(ref _listing, new SourceListing(documents, []));
        Volatile.Read(ref _changed)?.Invoke();
    }

    /// <inheritdoc/>
    public ValueTask<SourceListing> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Volatile.Read(ref _listing));

    /// <inheritdoc/>
    public void Watch(Action changed) => Volatile.Write(ref _changed, changed);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref _changed, null);
        return ValueTask.CompletedTask;
    }
}
