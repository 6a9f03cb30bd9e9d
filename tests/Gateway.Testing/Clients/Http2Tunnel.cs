using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Gateway.Testing.Clients;

/// <summary>A CONNECT stream of HTTP/2 (RFC 9113, 8.5) as a stream of bytes: no client library makes one.</summary>
public sealed class Http2Tunnel : Stream
{
    private const int MaxData = 16 * 1024;
    private const int Window = 65_535;
    private const byte DataFrame = 0;
    private const byte HeadersFrame = 1;
    private const byte ResetFrame = 3;
    private const byte SettingsFrame = 4;
    private const byte GoAwayFrame = 7;
    private const byte WindowFrame = 8;
    private const int InitialWindowSize = 4;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;

    // HPACK's static table has ":status: 200" at index 8.
    private const byte Status200 = 0x88;

    private readonly Stream _connection;
    private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource<bool> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _reading = Task.CompletedTask;
    private int _streamWindow = Window;
    private int _connectionWindow = Window;

    private Http2Tunnel(Stream connection) => _connection = connection;

    /// <summary>Asks for a tunnel on a connection of its own.</summary>
    /// <param name="connection">A connection that HTTP/2 is spoken on; it is owned from here on.</param>
    /// <param name="authority">Host and port.</param>
    /// <param name="cancel">Deadline.</param>
    /// <returns>The tunnel; null = it was refused.</returns>
    public static async Task<Http2Tunnel?> ConnectAsync(Stream connection, string authority, CancellationToken cancel = default)
    {
        var tunnel = new Http2Tunnel(connection);
        await connection.WriteAsync((byte[])[.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. RawHttp2Connection.Frame(SettingsFrame, 0, 0, [])], cancel);
        byte[] headers = RawHttp2Connection.Block([(":method", "CONNECT"), (":authority", authority)]);
        await connection.WriteAsync(RawHttp2Connection.Frame(HeadersFrame, EndHeaders, 1, headers), cancel);
        tunnel._reading = tunnel.ReadFramesAsync();
        if (await tunnel._answered.Task.WaitAsync(cancel))
            return tunnel;
        await tunnel.DisposeAsync();
        return null;
    }

    /// <summary>Ends this side; the other one can still send.</summary>
    public Task EndAsync(CancellationToken cancel = default) => WriteFrameAsync(DataFrame, EndStream, 1, [], cancel);

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await _received.Reader.AsStream(leaveOpen: true).ReadAsync(buffer, cancellationToken);
        if (count > 0)
        {
            byte[] increment = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(increment, count);
            await WriteFrameAsync(WindowFrame, 0, 0, increment, cancellationToken);
            await WriteFrameAsync(WindowFrame, 0, 1, increment, cancellationToken);
        }
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            Task opened = Volatile.Read(ref _opened).Task;
            int room = Math.Min(Math.Min(Volatile.Read(ref _streamWindow), Volatile.Read(ref _connectionWindow)), Math.Min(MaxData, buffer.Length));
            if (room <= 0)
            {
                await opened.WaitAsync(cancellationToken);
                continue;
            }
            Interlocked.Add(ref _streamWindow, -room);
            Interlocked.Add(ref _connectionWindow, -room);
            await WriteFrameAsync(DataFrame, 0, 1, buffer[..room].ToArray(), cancellationToken);
            buffer = buffer[room..];
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _reading;
        _writing.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private async Task WriteFrameAsync(byte type, byte flags, int stream, byte[] payload, CancellationToken cancel)
    {
        await _writing.WaitAsync(cancel);
        try
        {
            await _connection.WriteAsync(RawHttp2Connection.Frame(type, flags, stream, payload), cancel);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadFramesAsync()
    {
        byte[] head = new byte[9];
        try
        {
            while (await _connection.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false) == head.Length)
            {
                byte[] payload = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
                await _connection.ReadExactlyAsync(payload);
                if (!await TakeAsync(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload))
                    break;
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection has ended.
        }
        _answered.TrySetResult(false);
        await _received.Writer.CompleteAsync();
        // Who waits for room finds the connection closed.
        Volatile.Write(ref _streamWindow, Window);
        Volatile.Write(ref _connectionWindow, Window);
        Volatile.Read(ref _opened).TrySetResult();
    }

    private void Widen(ref int window, int increment)
    {
        Interlocked.Add(ref window, increment);
        Interlocked.Exchange(ref _opened, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    /// <summary>Takes one frame; false = it was the last one.</summary>
    private async Task<bool> TakeAsync(byte type, byte flags, int stream, byte[] payload)
    {
        switch (type)
        {
            case SettingsFrame when (flags & 1) == 0:
                for (int i = 0; i + 6 <= payload.Length; i += 6)
                {
                    if (BinaryPrimitives.ReadUInt16BigEndian(payload.AsSpan(i)) == InitialWindowSize)
                        Widen(ref _streamWindow, BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(i + 2)) - Window);
                }
                await WriteFrameAsync(SettingsFrame, 1, 0, [], CancellationToken.None);
                return true;
            case WindowFrame:
                Widen(ref stream == 0 ? ref _connectionWindow : ref _streamWindow, BinaryPrimitives.ReadInt32BigEndian(payload));
                return true;
            case HeadersFrame:
                _answered.TrySetResult(payload[0] == Status200);
                return (flags & EndStream) == 0;
            case DataFrame:
                await _received.Writer.WriteAsync(payload);
                return (flags & EndStream) == 0;
            default:
                return type is not (ResetFrame or GoAwayFrame);
        }
    }
}
