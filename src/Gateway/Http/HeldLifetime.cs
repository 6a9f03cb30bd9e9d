using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Http;

/// <summary>
/// Stands before the server's means of breaking a response off while a forwarder works: whoever calls them then is not
/// heard, since the flags must be recorded first and the client is to get what came. Belongs to a <see cref="RequestContext"/>.
/// </summary>
internal sealed class HeldLifetime : IHttpRequestLifetimeFeature, IHttpResetFeature
{
    private IHttpRequestLifetimeFeature? _lifetime;
    private IHttpResetFeature? _reset;

    /// <summary>The client's departure alone: ours never shows here while it is held.</summary>
    public CancellationToken RequestAborted
    {
        get => Lifetime.RequestAborted;
        set => Lifetime.RequestAborted = value;
    }

    private IHttpRequestLifetimeFeature Lifetime => _lifetime ?? throw new ObjectDisposedException(nameof(HeldLifetime));

    /// <summary>Begins; <see cref="Release"/> must follow.</summary>
    public void Hold(IFeatureCollection features)
    {
        _lifetime = features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        features.Set<IHttpRequestLifetimeFeature>(this);
        _reset = features.Get<IHttpResetFeature>();
        if (_reset is not null)
            features.Set<IHttpResetFeature>(this);
    }

    /// <summary>Gives the server's own back.</summary>
    public void Release(IFeatureCollection features)
    {
        features.Set(_lifetime);
        if (_reset is not null)
            features.Set(_reset);
        _lifetime = null;
        _reset = null;
    }

    public void Abort()
    {
        // The forwarder tells by its result what went wrong.
    }

    public void Reset(int errorCode)
    {
        // As above.
    }
}
