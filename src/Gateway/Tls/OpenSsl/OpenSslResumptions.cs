namespace Gateway.Tls.OpenSsl;

/// <summary>What servers gave for resuming sessions, the newest by server name. Any thread; at most <see cref="MaxNames"/>.</summary>
internal sealed class OpenSslResumptions
{
    /// <summary>More names than this are not remembered: each costs a few KB.</summary>
    public const int MaxNames = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, SafeSslResumptionHandle> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Names that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _byName.Count;
        }
    }

    /// <summary>Keeps a native session, which is this object's from then on.</summary>
    /// <returns>Whether it is kept; if not, it is still the caller's.</returns>
    public bool Keep(string name, nint session)
    {
        lock (_lock)
        {
            if (_byName.Remove(name, out SafeSslResumptionHandle? older))
                older.Dispose();
            else if (_byName.Count >= MaxNames)
                return false;
            _byName.Add(name, SafeSslResumptionHandle.Of(session));
            return true;
        }
    }

    /// <summary>What was kept is good for nothing.</summary>
    public void Forget(string name)
    {
        lock (_lock)
        {
            if (_byName.Remove(name, out SafeSslResumptionHandle? useless))
                useless.Dispose();
        }
    }

    /// <summary>Lets a new session begin with what is known of its server; one that OpenSSL does not take makes a full handshake.</summary>
    public void Offer(string name, nint ssl)
    {
        lock (_lock)
        {
            if (_byName.TryGetValue(name, out SafeSslResumptionHandle? earlier))
                _ = LibSsl.Resume(ssl, earlier);
        }
    }
}
