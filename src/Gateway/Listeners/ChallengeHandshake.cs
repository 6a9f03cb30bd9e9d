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
        await using var stream = new DuplexStream(connection.Transport.Input.AsStream(), connection.Transport.Output.AsStream());
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

    private sealed class DuplexStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await output.WriteAsync(buffer, cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }
}
