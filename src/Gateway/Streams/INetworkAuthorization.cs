using System.Collections.Immutable;
using Gateway.Clusters;

namespace Gateway.Streams;

/// <summary>Whether a connection may pass whose bytes are carried without being looked into.</summary>
internal interface INetworkAuthorization
{
    /// <summary>Decides; a denial is noted with its reason in <paramref name="info"/>.</summary>
    /// <param name="info">The connection's session.</param>
    /// <param name="clusters">The live clusters of the snapshot in force.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Whether it passes.</returns>
    ValueTask<bool> AllowsAsync(StreamInfo info, ImmutableArray<Cluster> clusters, TimeProvider time);
}
