using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using Gateway.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Gateway.Tcp;

/// <summary>
/// The client's side of a session: what is read from it, what is written to it, and how our side is ended while reading
/// goes on, which each transport does in its own way.
/// </summary>
internal sealed class TcpDownstream
{
    private readonly ConnectionContext _connection;
    private readonly Socket? _socket;
    private readonly SslStream? _tls;

    /// <summary>Takes over the connection's pipes; the connection itself stays its owner's.</summary>
    public TcpDownstream(ConnectionContext connection)
    {
        _connection = connection;
        _tls = connection.Features.Get<ISslStreamFeature>()?.SslStream;
        // The socket transport's own pipe closes the whole socket when it is completed. Written to directly, the socket
        // can be half closed, and a hop is saved.
        if (_tls is null && connection.Features.Get<IEventLoopFeature>() is null)
            _socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
        Output = _socket is null
            ? connection.Transport.Output
            : PipeWriter.Create(new NetworkStream(_socket, ownsSocket: false), new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024));
    }

    /// <summary>What the client sends.</summary>
    public PipeReader Input => _connection.Transport.Input;

    /// <summary>What the client gets.</summary>
    public PipeWriter Output { get; }

    /// <summary>Sends what is written and then our end.</summary>
    public async ValueTask EndAsync()
    {
        if (_tls is not null)
        {
            await Output.FlushAsync();
            await _tls.ShutdownAsync();
        }
        else if (_socket is not null)
        {
            await Output.CompleteAsync();
            _socket.Shutdown(SocketShutdown.Send);
        }
        else
        {
            await Output.CompleteAsync();
        }
    }

    /// <summary>Resets the connection. Any thread.</summary>
    public void Abort(string why) => _connection.Abort(new ConnectionAbortedException(why));
}
