using System.Net.Security;

namespace Gateway.Listeners;

/// <summary>What was decided on a TLS connection before its handshake; a feature on the connection.</summary>
/// <param name="Options">The options for the handshake.</param>
/// <param name="Deadline">Ends the connection unless it is disposed in time.</param>
internal sealed record PendingHandshake(SslServerAuthenticationOptions Options, OpeningDeadline Deadline);
