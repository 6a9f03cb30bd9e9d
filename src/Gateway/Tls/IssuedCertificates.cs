using System.Collections.Immutable;

namespace Gateway.Tls;

/// <summary>Certificates that are ordered by the gateway itself, by <c>namespace/name</c> of the Secret that they stand for. Thread-safe.</summary>
internal sealed class IssuedCertificates
{
    private ImmutableDictionary<string, IssuedCertificate> _all = ImmutableDictionary<string, IssuedCertificate>.Empty;

    /// <summary>What is known of one; null = it is not ordered here.</summary>
    public IssuedCertificate? Find(string key) => Volatile.Read(ref _all).GetValueOrDefault(key);

    /// <summary>Puts one in place.</summary>
    public void Set(string key, IssuedCertificate certificate) => ImmutableInterlocked.AddOrUpdate(ref _all, key, certificate, (_, _) => certificate);

    /// <summary>Forgets one.</summary>
    public void Remove(string key) => ImmutableInterlocked.TryRemove(ref _all, key, out _);
}

/// <summary>A certificate that is ordered by the gateway itself.</summary>
/// <param name="Chain">PEM, leaf first; empty = there is none yet.</param>
/// <param name="Key">PEM of its key.</param>
/// <param name="Issuer">Who signs it, for people.</param>
internal sealed record IssuedCertificate(byte[] Chain, byte[] Key, string Issuer)
{
    /// <inheritdoc/>
    public override string ToString() => $"Certificate from {Issuer} (hidden)";
}

/// <summary>How the orders of a certificate go, for people and metrics.</summary>
/// <param name="Issuer">Who signs it.</param>
/// <param name="Names">The names asked for.</param>
/// <param name="NextRenewal">When it will be ordered again; null = not known.</param>
/// <param name="NextAttempt">When the next order is tried after a failure; null = none has failed.</param>
/// <param name="Failures">Failed orders in a row.</param>
/// <param name="LastError">Why the latest order failed; null = it has not.</param>
internal sealed record OrderStatus(
    string Issuer, IReadOnlyList<string> Names, DateTimeOffset? NextRenewal, DateTimeOffset? NextAttempt, int Failures, string? LastError);
