using System.Collections.Immutable;
using Gateway.Clusters;
using Gateway.Listeners;
using Gateway.Snapshot;
using Gateway.Sources;
using Gateway.Tls;

namespace Gateway.Hosting;

/// <summary>
/// Notices when a certificate file that the configuration names by its path changes: such files are no configuration
/// documents, but a rotated one shall be used by the next handshake. Looks at stamps, so links of mounted Secrets are followed.
/// </summary>
internal sealed class CertificateFilesWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Action _changed;
    private readonly ITimer _timer;
    private ImmutableDictionary<string, FileStamp> _stamps = ImmutableDictionary<string, FileStamp>.Empty;

    /// <summary>Starts with no files; <paramref name="changed"/> is called from a timer.</summary>
    public CertificateFilesWatch(Action changed, TimeProvider time)
    {
        _changed = changed;
        _timer = time.CreateTimer(static state => ((CertificateFilesWatch)state!).Look(), this, Interval, Interval);
    }

    /// <summary>Takes over the files of a snapshot. To be called before they are read, so that no change falls in between.</summary>
    public void Watch(GatewaySnapshot snapshot)
    {
        ImmutableDictionary<string, FileStamp>.Builder stamps = ImmutableDictionary.CreateBuilder<string, FileStamp>(StringComparer.Ordinal);
        foreach (ListenerConfig listener in snapshot.Listeners)
        {
            foreach (FilterChainConfig chain in listener.FilterChains)
            {
                if (chain.Tls is not { } tls)
                    continue;
                foreach (CertificateReference certificate in tls.Certificates)
                    Add(certificate, stamps);
                if (tls.ClientAuthorities is { } authorities)
                    Add(authorities, stamps);
            }
        }
        foreach (ClusterAssignment cluster in snapshot.Clusters)
        {
            if (cluster.Config.Tls?.ClientCertificate is { } client)
                Add(client, stamps);
            if (cluster.Config.Tls?.Authorities is { } authorities)
                Add(authorities, stamps);
        }
        Volatile.Write(ref _stamps, stamps.ToImmutable());
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private static void Add(CertificateReference reference, ImmutableDictionary<string, FileStamp>.Builder stamps)
    {
        foreach (string? path in (string?[])[reference.CertificateFile, reference.KeyFile, reference.CaFile, reference.CrlFile])
        {
            if (path is not null && !stamps.ContainsKey(path))
                stamps.Add(path, FileStamp.Of(path));
        }
    }

    private void Look()
    {
        foreach ((string path, FileStamp stamp) in Volatile.Read(ref _stamps))
        {
            if (FileStamp.Of(path) != stamp)
            {
                _changed();
                return;
            }
        }
    }
}
