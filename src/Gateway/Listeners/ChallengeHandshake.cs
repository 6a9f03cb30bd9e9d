using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Listeners;

/// <summary>Answers a challenge of RFC 8737: the handshake is all there is, no data is exchanged after it.</summary>
internal static class ChallengeHandshake
{
    /// <summary>Makes the handshake and says goodbye; the caller ends the connection.</summary>
    public static async ValueTask AnswerAsync(ConnectionContext connection, SslServerAuthenticationOptions options, CancellationToken cancellationToken)
    {
        await using var stream = new PipesStream(connection.Transport);
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        try
        {
            await tls.AuthenticateAsServerAsync(options, cancellationToken);
            await tls.ShutdownAsync();
            // The client closes first, so that nothing of ours on its way is lost to a reset.
            byte[] rest = new byte[64];
            while (await tls.ReadAsync(rest, cancellationToken) > 0)
            {
            }
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            // The authority says what it missed; there is nobody else to tell.
        }
    }
}
