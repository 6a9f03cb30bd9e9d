using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Listeners;

/// <summary>What Kestrel shall make of a connection that is handed to it.</summary>
internal enum Codec
{
    /// <summary>HTTP/1.x without TLS.</summary>
    Http1,

    /// <summary>HTTP/2 without TLS, preface seen.</summary>
    Http2Cleartext,

    /// <summary>TLS, then HTTP by ALPN.</summary>
    Tls,

    /// <summary>TLS, then bytes that are passed on.</summary>
    TlsTcp,
}

/// <summary>The made-up address under which Kestrel "listens" for the connections of one codec.</summary>
internal sealed class CodecEndPoint(Codec codec) : EndPoint
{
    public Codec Codec { get; } = codec;

    public override string ToString() => $"handoff:{Codec}";
}

/// <summary>
/// Gives accepted connections to Kestrel, which binds no port itself: for each codec it accepts from a queue that our
/// listeners write to. All ports of the gateway share the queues; which port a connection belongs to is a feature on it.
/// </summary>
internal sealed class ConnectionHandoff : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const int QueueLimit = 4096;

    private readonly Queue[] _queues = [new(Codec.Http1), new(Codec.Http2Cleartext), new(Codec.Tls), new(Codec.TlsTcp)];

    public bool CanBind(EndPoint endpoint) => endpoint is CodecEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(_queues[(int)((CodecEndPoint)endpoint).Codec]);

    /// <summary>Hands a connection over; false = the server is stopping or cannot keep up, and the caller keeps it.</summary>
    public bool TryHandOff(Codec codec, ConnectionContext connection) => _queues[(int)codec].TryWrite(connection);

    private sealed class Queue(Codec codec) : IConnectionListener
    {
        private readonly Channel<ConnectionContext> _connections =
            Channel.CreateBounded<ConnectionContext>(new BoundedChannelOptions(QueueLimit)
            {
                SingleReader = true,
                // Kestrel's accept loop does nothing but queue the connection: one change of threads less.
                AllowSynchronousContinuations = true,
            });

        public EndPoint EndPoint { get; } = new CodecEndPoint(codec);

        public bool TryWrite(ConnectionContext connection) => _connections.Writer.TryWrite(connection);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _connections.Reader.WaitToReadAsync(cancellationToken))
            {
                if (_connections.Reader.TryRead(out ConnectionContext? connection))
                    return connection;
            }
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _connections.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            _connections.Writer.TryComplete();
            while (_connections.Reader.TryRead(out ConnectionContext? connection))
                await connection.DisposeAsync();
        }
    }
}
