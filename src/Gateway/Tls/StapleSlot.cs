using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls;

/// <summary>
/// The staple of one certificate, put there from its Secret or by who asks the responder. One that came with the Secret is
/// shown while it is in force. Thread-safe.
/// </summary>
internal sealed class StapleSlot
{
    private readonly OcspCertificateId _id;
    private OcspStaple? _given;
    private OcspStaple? _fetched;
    private string? _problem;

    /// <summary>An empty slot.</summary>
    /// <param name="leaf">The certificate.</param>
    /// <param name="issuer">Its issuer; null = not known: no responder can be asked then.</param>
    public StapleSlot(X509Certificate2 leaf, X509Certificate2? issuer)
    {
        _id = new OcspCertificateId(leaf, issuer);
        Responder = leaf.Extensions.OfType<X509AuthorityInformationAccessExtension>().SelectMany(access => access.EnumerateOcspUris())
            .Select(text => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? uri : null)
            .FirstOrDefault(uri => uri is not null && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps));
    }

    /// <summary>Where the certificate says that it can be asked for; null = nowhere.</summary>
    public Uri? Responder { get; }

    /// <summary>Why the newest answer is not shown; null = it is, or there is none.</summary>
    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>What a responder is asked; null = it cannot be.</summary>
    public byte[]? Question => Responder is null ? null : _id.Question();

    /// <summary>When what there is ends; null = there is nothing.</summary>
    public DateTimeOffset? Until => (Volatile.Read(ref _given) ?? Volatile.Read(ref _fetched))?.NextUpdate;

    /// <summary>What to show; null = nothing.</summary>
    public OcspStaple? Current(DateTimeOffset now) =>
        Volatile.Read(ref _given) is { } given && given.IsCurrent(now) ? given
        : Volatile.Read(ref _fetched) is { } fetched && fetched.IsCurrent(now) ? fetched
        : null;

    /// <summary>Whether one that is in force came from the Secret.</summary>
    public bool IsGiven(DateTimeOffset now) => Volatile.Read(ref _given)?.IsCurrent(now) == true;

    /// <summary>Takes over what the Secret brings; null = it brings none.</summary>
    /// <returns>Why it is not shown; null = it is, or there is none.</returns>
    public string? Give(byte[]? answer, DateTimeOffset now)
    {
        OcspStaple? staple = Read(answer, now, out string? problem);
        Volatile.Write(ref _given, staple);
        return problem;
    }

    /// <summary>Takes over what the responder has answered. What cannot be shown leaves the answer before in place.</summary>
    /// <param name="answer">The answer; null = it could not be had.</param>
    /// <param name="now">The time.</param>
    /// <param name="problem">Why it could not be had.</param>
    /// <returns>It, if it is shown.</returns>
    public OcspStaple? Take(byte[]? answer, DateTimeOffset now, string? problem)
    {
        OcspStaple? staple = answer is null ? null : Read(answer, now, out problem);
        if (staple is not null)
            Volatile.Write(ref _fetched, staple);
        Volatile.Write(ref _problem, problem);
        return staple;
    }

    private OcspStaple? Read(byte[]? answer, DateTimeOffset now, out string? problem)
    {
        problem = null;
        if (answer is null)
            return null;
        OcspStaple? staple = OcspStaple.TryRead(answer, _id, now, out string fault);
        problem = staple is null ? fault : null;
        return staple;
    }
}
