using System.Collections.Immutable;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// All names that are kept up to date, each once for all clusters that use it in the same way. Owns the
/// <see cref="DnsHost"/>s: one is made with its first user and ended with its last. Thread-safe.
/// </summary>
internal sealed class DnsHosts(DnsResolver resolver, TimeProvider time, Random random) : IDisposable
{
    private readonly Dictionary<(string Name, DnsHostOptions Options), Entry> _entries = [];
    private readonly Lock _lock = new();
    private long _found;
    private long _notFound;
    private long _failed;
    private long _refusedAddresses;

    /// <summary>Who looks names up.</summary>
    public DnsResolver Resolver => resolver;

    /// <summary>This machine's addresses.</summary>
    public OwnAddresses OwnAddresses { get; } = new(time);

    /// <summary>Look-ups since the start, by what they gave.</summary>
    public (long Found, long NotFound, long Failed) LookUps =>
        (Interlocked.Read(ref _found), Interlocked.Read(ref _notFound), Interlocked.Read(ref _failed));

    /// <summary>Addresses refused since the start, each time a look-up gave or a client named one.</summary>
    public long RefusedAddresses => Interlocked.Read(ref _refusedAddresses);

    /// <summary>The names of the moment, for people.</summary>
    public ImmutableArray<DnsHost> List
    {
        get
        {
            lock (_lock)
                return [.. _entries.Values.Select(entry => entry.Host)];
        }
    }

    /// <summary>Uses a name until the returned object is disposed.</summary>
    /// <param name="name">The name; case and a dot at the end do not make it another one, except that with a dot no search domain is tried.</param>
    /// <param name="options">How it is looked up.</param>
    /// <param name="urgent">Whether a request waits for it.</param>
    /// <param name="changed">Called after every look-up that changed the addresses; by one thread at a time for one name.</param>
    public DnsSubscription Subscribe(string name, DnsHostOptions options, bool urgent, Action changed)
    {
        (string, DnsHostOptions) key = (name.ToLowerInvariant(), options);
        lock (_lock)
        {
            bool isNew = !_entries.TryGetValue(key, out Entry? entry);
            if (isNew)
                _entries.Add(key, entry = new Entry(new DnsHost(name, options, this, time, random)));
            entry!.Users = entry.Users.Add(changed);
            if (isNew)
                entry.Host.Start(urgent);
            return new DnsSubscription(entry.Host, () => Leave(key, entry, changed));
        }
    }

    /// <summary>Counts addresses that may not be connected to.</summary>
    public void CountRefused(int addresses) => Interlocked.Add(ref _refusedAddresses, addresses);

    /// <summary>A look-up of a name has ended.</summary>
    public void OnLookedUp(DnsHost host, DnsAnswer answer, bool hasChanged)
    {
        ref long count = ref _failed;
        if (answer.Outcome != DnsOutcome.Failed)
            count = ref answer.Outcome == DnsOutcome.Found ? ref _found : ref _notFound;
        Interlocked.Increment(ref count);
        if (!hasChanged)
            return;
        ImmutableList<Action> users;
        lock (_lock)
            users = _entries.GetValueOrDefault((host.Name.ToLowerInvariant(), host.Options))?.Users ?? [];
        foreach (Action changed in users)
            changed();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Entry entry in _entries.Values)
                entry.Host.Stop();
            _entries.Clear();
        }
        resolver.Dispose();
    }

    private void Leave((string, DnsHostOptions) key, Entry entry, Action changed)
    {
        lock (_lock)
        {
            entry.Users = entry.Users.Remove(changed);
            if (!entry.Users.IsEmpty || !_entries.TryGetValue(key, out Entry? known) || !ReferenceEquals(known, entry))
                return;
            _entries.Remove(key);
        }
        entry.Host.Stop();
    }

    private sealed class Entry(DnsHost host)
    {
        public DnsHost Host { get; } = host;

        public ImmutableList<Action> Users { get; set; } = [];
    }
}

/// <summary>The use of a name; disposing it ends the use.</summary>
internal sealed class DnsSubscription(DnsHost host, Action leave) : IDisposable
{
    private Action? _leave = leave;

    /// <summary>The name.</summary>
    public DnsHost Host => host;

    public void Dispose() => Interlocked.Exchange(ref _leave, null)?.Invoke();
}
