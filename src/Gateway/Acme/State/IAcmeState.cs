namespace Gateway.Acme.State;

/// <summary>
/// What replicas share: small values under names with slashes (<c>accounts/…</c>, <c>certificates/…</c>), and locks. A
/// value is replaced whole or not at all. Made so that Secrets and Leases of Kubernetes could stand behind it.
/// </summary>
internal interface IAcmeState
{
    /// <summary>A value; null = there is none.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    ValueTask<byte[]?> ReadAsync(string name, CancellationToken cancellationToken);

    /// <summary>Puts a value in place of what was there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    ValueTask WriteAsync(string name, ReadOnlyMemory<byte> value, CancellationToken cancellationToken);

    /// <summary>Takes a value away, if it is there.</summary>
    /// <exception cref="IOException">It cannot be taken away.</exception>
    ValueTask DeleteAsync(string name, CancellationToken cancellationToken);

    /// <summary>Takes a lock; null = a replica that lives has it.</summary>
    /// <exception cref="IOException">The store cannot be used.</exception>
    ValueTask<IAcmeLock?> TryLockAsync(string name, CancellationToken cancellationToken);
}

/// <summary>A lock that is held until it is disposed, or lost when we seemed dead to others.</summary>
internal interface IAcmeLock : IAsyncDisposable
{
    /// <summary>Fires when the lock is lost.</summary>
    CancellationToken Lost { get; }
}
