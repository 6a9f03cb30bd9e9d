using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Testing.Clients;

/// <summary>A connection that sends exactly the bytes it is given and reads HTTP/1.1 answers.</summary>
public sealed class RawHttpConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    private RawHttpConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The stream beneath, for what has no method here.</summary>
    public Stream Stream => _stream;

    /// <summary>The socket beneath, to go round the TLS layer.</summary>
    public Socket Socket => _socket;

    /// <summary>The TLS layer; null on a plain connection.</summary>
    public SslStream? Tls => _stream as SslStream;

    /// <summary>Connects to a port on loopback.</summary>
    /// <param name="port">The port.</param>
    /// <param name="tls">TLS; null = plain.</param>
    /// <param name="from">The client's own address (127.x.y.z); null = any.</param>
    /// <param name="cancel">Deadline.</param>
    public static async Task<RawHttpConnection> ConnectAsync(
        int port, ClientTls? tls = null, IPAddress? from = null, CancellationToken cancel = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
            var connection = new RawHttpConnection(socket);
            if (tls is not null)
                connection._stream = await tls.AuthenticateAsync(connection._stream, cancel);
            return connection;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request of bytes on a new connection and reads one answer; null = closed without one.</summary>
    public static async Task<RawHttpResponse?> ExchangeAsync(int port, string request, CancellationToken cancel = default)
    {
        await using RawHttpConnection connection = await ConnectAsync(port, cancel: cancel);
        await connection.SendAsync(request, cancel);
        return await connection.ReadResponseAsync(cancel: cancel);
    }

    /// <summary>Sends text as Latin-1 bytes.</summary>
    public Task SendAsync(string text, CancellationToken cancel = default) => SendAsync(Encoding.Latin1.GetBytes(text), cancel);

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel = default)
    {
        await _stream.WriteAsync(bytes, cancel);
        await _stream.FlushAsync(cancel);
    }

    /// <summary>Reads one answer; null = the other side closed or reset before the first byte.</summary>
    public async Task<RawHttpResponse?> ReadResponseAsync(bool toHead = false, CancellationToken cancel = default)
    {
        while (true)
        {
            if (await ReadLineAsync(cancel) is not { } status)
                return null;
            var headers = new List<KeyValuePair<string, string>>();
            await ReadHeadersAsync(headers, cancel);
            var response = new RawHttpResponse { StatusLine = status, Headers = headers, Body = [] };
            if (response.Status is >= 100 and < 200 and not 101)
                continue;
            bool noBody = toHead || response.Status is 101 or 204 or 304;
            return noBody ? response : response with { Body = await ReadBodyAsync(response, headers, cancel) };
        }
    }

    /// <summary>Whether the other side has closed: reads until the end and throws away what comes.</summary>
    public async Task WaitForCloseAsync(CancellationToken cancel = default)
    {
        _start = _end = 0;
        while (await FillAsync(cancel))
            _start = _end = 0;
    }

    /// <summary>Reads the body behind a head.</summary>
    /// <param name="length">Its length; <see cref="long.MaxValue"/> = it comes in chunks.</param>
    /// <param name="cancel">Deadline.</param>
    /// <returns>Whether it came to its end before the connection did.</returns>
    public async Task<bool> ReadsWholeAsync(long length, CancellationToken cancel = default)
    {
        using var body = new MemoryStream();
        try
        {
            if (length != long.MaxValue)
                await CopyAsync(body, length, cancel);
            else
                await CopyChunksAsync(body, [], cancel);
            return true;
        }
        catch (EndOfStreamException)
        {
            return false;
        }
    }

    /// <summary>Closes with RST.</summary>
    public void Abort()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<byte[]> ReadBodyAsync(RawHttpResponse response, List<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        using var body = new MemoryStream();
        if (string.Equals(response.Header("transfer-encoding"), "chunked", StringComparison.OrdinalIgnoreCase))
            await CopyChunksAsync(body, headers, cancel);
        else if (response.Header("content-length") is { } length)
            await CopyAsync(body, long.Parse(length, CultureInfo.InvariantCulture), cancel);
        else
            await CopyAsync(body, null, cancel);
        return body.ToArray();
    }

    private async Task CopyChunksAsync(MemoryStream body, List<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        while (true)
        {
            string size = await ReadLineAsync(cancel) ?? throw new EndOfStreamException("The connection ended inside a chunked body.");
            long length = long.Parse(size.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
                break;
            await CopyAsync(body, length, cancel);
            await ReadLineAsync(cancel);
        }
        await ReadHeadersAsync(headers, cancel);
    }

    private async Task CopyAsync(MemoryStream body, long? length, CancellationToken cancel)
    {
        for (long left = length ?? long.MaxValue; left > 0;)
        {
            if (_start == _end && !await FillAsync(cancel))
            {
                if (length is null)
                    return;
                throw new EndOfStreamException($"The connection ended with {left} bytes of the body to come.");
            }
            int part = (int)Math.Min(left, _end - _start);
            body.Write(_buffer, _start, part);
            _start += part;
            left -= part;
        }
    }

    private async Task ReadHeadersAsync(List<KeyValuePair<string, string>> headers, CancellationToken cancel)
    {
        while (await ReadLineAsync(cancel) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(KeyValuePair.Create(line[..colon], line[(colon + 1)..].Trim()));
        }
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync(cancel))
                return line.Length == 0 ? null : line.ToString();
            char next = (char)_buffer[_start++];
            if (next == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append(next);
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancel)
    {
        _start = 0;
        _end = 0;
        try
        {
            _end = await _stream.ReadAsync(_buffer, cancel);
        }
        catch (IOException)
        {
            return false;
        }
        return _end > 0;
    }
}
