using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Gateway.Integration.Tests.Failures;

/// <summary>A server on loopback that does with each connection what a test says, byte by byte, and knows which of them the gateway has left open.</summary>
internal sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _open;
    private int _accepted;
    private int _heads;

    public ScriptedUpstream(Func<ScriptedPeer, Task> script)
    {
        Script = script;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>What is done with connections accepted from now on. When it returns the connection is closed.</summary>
    public Func<ScriptedPeer, Task> Script { get; set; }

    /// <summary>Set when the client has the response's head: what is to go wrong in its body can go wrong now.</summary>
    public TaskCompletionSource ClientHasHead { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Request heads read so far.</summary>
    public int Heads => Volatile.Read(ref _heads);

    /// <summary>Connections that neither side has ended.</summary>
    public int Open => Volatile.Read(ref _open);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    internal void CountHead() => Interlocked.Increment(ref _heads);

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                Interlocked.Increment(ref _accepted);
                Interlocked.Increment(ref _open);
                serving.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await Script(new ScriptedPeer(this, socket, _stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The gateway left, or the test is over.
        }
        finally
        {
            socket.Dispose();
            Interlocked.Decrement(ref _open);
        }
    }
}

/// <summary>One connection of a <see cref="ScriptedUpstream"/>.</summary>
internal sealed class ScriptedPeer(ScriptedUpstream upstream, Socket socket, CancellationToken stop)
{
    private readonly byte[] _buffer = new byte[16 * 1024];

    /// <summary>Reads a request's head, and what of its body comes along. Ends the script when the gateway leaves.</summary>
    public async Task ReadHeadAsync()
    {
        int length = 0;
        while (_buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
            length += await ReceiveAsync(_buffer.AsMemory(length));
        upstream.CountHead();
    }

    /// <summary>Reads exactly so many bytes.</summary>
    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int length = 0; length < count;)
            length += await ReceiveAsync(bytes.AsMemory(length));
        return bytes;
    }

    /// <summary>Takes whatever comes until the gateway leaves.</summary>
    public async Task HangAsync()
    {
        while (true)
            await ReceiveAsync(_buffer);
    }

    /// <summary>Sends text as Latin-1 bytes.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, stop)..];
    }

    /// <summary>Waits until the client has the response's head.</summary>
    public Task ClientHasHeadAsync() => upstream.ClientHasHead.Task.WaitAsync(stop);

    /// <summary>Closes with RST.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    /// <summary>Says that it will send no more, and waits for the gateway to leave.</summary>
    public Task EndAsync()
    {
        socket.Shutdown(SocketShutdown.Send);
        return HangAsync();
    }

    /// <summary>Answers requests with 200 until the gateway leaves.</summary>
    public async Task ServeWellAsync()
    {
        while (true)
        {
            await ReadHeadAsync();
            await SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell");
        }
    }

    private async Task<int> ReceiveAsync(Memory<byte> target)
    {
        int received = await socket.ReceiveAsync(target, stop);
        return received > 0 ? received : throw new OperationCanceledException("The gateway left.");
    }
}
