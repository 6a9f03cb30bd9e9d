using System.Net.Security;
using Gateway.Tls;

namespace Gateway.Listeners;

/// <summary>What was decided on a TLS connection before its handshake; a feature on the connection.</summary>
/// <param name="Options">The options for the handshake.</param>
/// <param name="Deadline">Ends the connection unless it is disposed in time.</param>
/// <param name="Events">Told of the outcome; null = nobody is.</param>
internal sealed record PendingHandshake(SslServerAuthenticationOptions Options, OpeningDeadline Deadline, TlsEvents? Events)
{
    /// <summary>Whether the handshake has succeeded.</summary>
    public bool Succeeded { get; set; }
}
