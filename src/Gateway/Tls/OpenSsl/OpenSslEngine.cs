using System.Net.Security;
using System.Security.Authentication;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>Makes contexts, and takes connections of clients, by OpenSSL. What it cannot do is left to <c>SslStream</c>, and said.</summary>
/// <param name="time">The clock.</param>
/// <param name="onProblem">Told why somebody's handshakes are left to <c>SslStream</c>.</param>
internal sealed class OpenSslEngine(TimeProvider time, Action<string> onProblem)
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>The context for settings; null = <c>SslStream</c> shall do it.</summary>
    /// <inheritdoc cref="OpenSslContext.TryCreate"/>
    public OpenSslContext? TryCreate(DownstreamTlsConfig config, IReadOnlyList<TlsCipherSuite> suites, IReadOnlyList<CertificateMaterial> certificates, OpenSslVerifier? verifier)
    {
        OpenSslContext? context = OpenSslContext.TryCreate(config, suites, certificates, verifier, time, out string problem);
        if (context is null)
            Tell(problem);
        return context;
    }

    /// <summary>The context for connections to servers; null = <c>SslStream</c> shall do it.</summary>
    public OpenSslClientContext? TryCreate(UpstreamTlsContext rules)
    {
        OpenSslClientContext? context = OpenSslClientContext.TryCreate(rules, out string problem);
        if (context is null)
            Tell(problem);
        return context;
    }

    /// <summary>Makes the handshake with a client whose first bytes have been received but not read.</summary>
    /// <param name="context">What with.</param>
    /// <param name="connection">The connection; what is read from it and written to it afterwards is plain.</param>
    /// <returns>What was agreed on.</returns>
    /// <exception cref="AuthenticationException">The handshake failed; the client was told why if it was its fault.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public static async ValueTask<OpenSslFacts> AcceptAsync(OpenSslContext context, EventLoopConnection connection)
    {
        await connection.Loop.SwitchAsync();
        byte[] early = [];
        if (connection.Transport.Input.TryRead(out System.IO.Pipelines.ReadResult read))
        {
            early = System.Buffers.BuffersExtensions.ToArray(read.Buffer);
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
        }

        var session = new OpenSslSession(context, connection, early);
        connection.Insert(session);
        await session.TurnAsync();
        if (!connection.Socket.IsClosed)
            _ = session.Prepare();
        if (!await session.HandshakeAsync())
            throw session.Failure ?? new IOException("TLS: the connection broke during the handshake.");
        return session.Facts();
    }

    // By one publisher at a time; once is enough.
    private void Tell(string problem)
    {
        if (_told.Add(problem))
            onProblem(problem);
    }
}
