using System.Net.Security;
using Gateway.Tls.OpenSsl;

namespace Gateway.Tls;

/// <summary>
/// The options by which <c>SslStream</c> makes handshakes with one certificate. The platform makes the key of session tickets
/// with them and keeps it as long as they are used; so they are made anew each <see cref="OpenSslTickets.Period"/>. Any thread.
/// </summary>
/// <param name="make">Makes them.</param>
/// <param name="time">The clock.</param>
internal sealed class SslStreamOptions(Func<SslServerAuthenticationOptions> make, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Made _made = new(make(), time.GetTimestamp());

    /// <summary>Those of the moment.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            Made made = Volatile.Read(ref _made);
            if (time.GetElapsedTime(made.Since) < OpenSslTickets.Period)
                return made.Options;
            lock (_lock)
            {
                if (time.GetElapsedTime(_made.Since) >= OpenSslTickets.Period)
                    Volatile.Write(ref _made, new Made(make(), time.GetTimestamp()));
                return _made.Options;
            }
        }
    }

    private sealed record Made(SslServerAuthenticationOptions Options, long Since);
}
