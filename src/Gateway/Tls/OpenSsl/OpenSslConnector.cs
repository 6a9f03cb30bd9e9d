using System.Security.Authentication;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>Makes handshakes with servers. Their arithmetic, and the judging of certificates, is done on the thread pool.</summary>
internal static class OpenSslConnector
{
    // What a server says at once mostly fits: one more receive where it does not.
    private const int ReceiveBytes = 8 * 1024;

    /// <summary>Makes a TLS connection of a connected socket. Continues on the loop; a failure leaves the socket open.</summary>
    /// <param name="context">What with.</param>
    /// <param name="socket">The socket; the channel's from then on.</param>
    /// <param name="host">Whom the certificate is judged for.</param>
    /// <param name="serverName">Whom the handshake asks for; empty = nobody.</param>
    /// <param name="isHttp2">Whether HTTP/2 will be spoken; otherwise no protocol is negotiated.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="AuthenticationException">The handshake failed, in whatever way.</exception>
    public static async ValueTask<LoopChannel> ConnectAsync(
        OpenSslClientContext context, LoopSocket socket, string host, string serverName, bool isHttp2, CancellationToken cancellationToken)
    {
        var transport = new HandshakeStream(new EventLoopStream(socket));
        OpenSslClientSession session = await Task.Run(() => HandshakeAsync(context, transport, host, serverName, isHttp2, cancellationToken), cancellationToken);
        await socket.Loop.SwitchAsync();
        return new OpenSslChannel(socket, session);
    }

    private static async Task<OpenSslClientSession> HandshakeAsync(
        OpenSslClientContext context, HandshakeStream transport, string host, string serverName, bool isHttp2, CancellationToken cancellationToken)
    {
        var session = new OpenSslClientSession(context, host, serverName, isHttp2);
        // Not pooled: what is left over is read later, and mostly nothing is.
        byte[] received = new byte[ReceiveBytes];
        try
        {
            int count = 0;
            while (true)
            {
                bool isOver = session.Handshake(received.AsMemory(0, count));
                if (!session.HandshakeBytes.IsEmpty)
                    await transport.WriteAsync(session.HandshakeBytes, cancellationToken);
                if (session.Failure is { } failure)
                    throw new AuthenticationException(failure);
                if (isOver)
                    return session;
                count = await transport.ReadAsync(received, cancellationToken);
                if (count == 0)
                    throw new AuthenticationException("the server ended the connection during the handshake");
            }
        }
        catch (Exception e)
        {
            string? failure = session.Failure;
            session.Dispose();
            if (e is OperationCanceledException or AuthenticationException)
                throw;
            throw new AuthenticationException(failure ?? e.Message, e);
        }
    }
}
