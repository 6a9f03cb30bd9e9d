using System.Security.Authentication;
using Gateway.Streams;
using Gateway.Tls.OpenSsl;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Gateway.Listeners;

/// <summary>Opens a connection by OpenSSL before it is handed over: to Kestrel it looks as if <c>UseHttps</c> had done it.</summary>
internal static partial class OpenSslHandshake
{
    /// <summary>Makes the handshake.</summary>
    /// <returns>Whether it succeeded; if not, the connection is ended and the client told why.</returns>
    public static async ValueTask<bool> TryAcceptAsync(
        OpenSslContext context, EventLoopConnection connection, DownstreamConnection facts, OpeningDeadline deadline, string listener, ILogger logger)
    {
        try
        {
            OpenSslFacts agreed = await OpenSslEngine.AcceptAsync(context, connection);
            facts.ClientCertificate = agreed.ClientCertificate;
            facts.ServerCertificate = agreed.Own?.Leaf;
            facts.TlsVersion = DownstreamConnection.TextOf(agreed.Protocol);
            connection.Features.Set<ITlsConnectionFeature>(agreed);
            connection.Features.Set<ITlsHandshakeFeature>(agreed);
            connection.Features.Set<ITlsApplicationProtocolFeature>(agreed);
            deadline.Dispose();
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException)
        {
            Log.HandshakeFailed(logger, listener, e.Message);
            // In order, not by a reset: an alert under way would be lost.
            await connection.DisposeAsync();
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Listener {Listener}: a TLS handshake failed: {Reason}")]
        public static partial void HandshakeFailed(ILogger logger, string listener, string reason);
    }
}
