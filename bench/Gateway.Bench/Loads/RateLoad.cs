using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;

namespace Gateway.Bench;

/// <summary>
/// HTTP/1.1 requests at a constant rate. Each has the moment at which it is due, whether or not the proxy keeps up; its
/// latency counts from there, so that a proxy that stalls pays for all that had to wait (no coordinated omission).
/// </summary>
internal sealed class RateLoad : IDisposable
{
    private const int Connections = 64;
    private const int BufferBytes = 8192;

    private readonly double _ticksPerRequest;
    private readonly byte[] _request;
    private readonly int _bodyBytes;
    private readonly Client[] _clients = new Client[Connections];
    private readonly Queue<int> _free = new(Connections);
    private readonly Epoll _epoll = new();

    /// <summary>Connects. An answer is good with status 200 and so many bytes of body.</summary>
    public RateLoad(int port, string path, int bodyBytes, double perSecond)
    {
        _ticksPerRequest = Stopwatch.Frequency / perSecond;
        _request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        _bodyBytes = bodyBytes;
        for (int i = 0; i < Connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _clients[i] = new Client(socket, new byte[BufferBytes]);
            socket.Connect(IPAddress.Loopback, port);
            socket.Blocking = false;
            _epoll.Add(socket, i);
            _free.Enqueue(i);
        }
    }

    /// <summary>Answers so far that were good.</summary>
    public long Good { get; private set; }

    /// <summary>Answers so far that were not.</summary>
    public long Bad { get; private set; }

    /// <summary>Sends on the calling thread; after each second <paramref name="onSecond"/> is called, with its number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public LatencyHistogram Run(int seconds, Action<int>? onSecond = null)
    {
        var latencies = new LatencyHistogram();
        Span<int> ready = stackalloc int[Connections];
        long start = Stopwatch.GetTimestamp();
        long end = start + (seconds * Stopwatch.Frequency);
        int nextSecond = 1;
        long sent = 0;
        while (Stopwatch.GetTimestamp() is long now && now < end)
        {
            if (now >= start + (nextSecond * Stopwatch.Frequency))
                onSecond?.Invoke(nextSecond++);
            long due = start + (long)(sent * _ticksPerRequest);
            while (due <= now && _free.TryDequeue(out int free))
            {
                _clients[free].Send(_request, due);
                due = start + (long)(++sent * _ticksPerRequest);
            }

            TimeSpan pause = _free.Count > 0 ? Stopwatch.GetElapsedTime(now, due) : TimeSpan.FromMilliseconds(10);
            int count = _epoll.Wait(ready, pause);
            foreach (int i in ready[..count])
                Receive(i, latencies);
        }

        onSecond?.Invoke(nextSecond);
        return latencies;
    }

    public void Dispose()
    {
        _epoll.Dispose();
        foreach (Client client in _clients)
            client.Socket.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Receive(int index, LatencyHistogram latencies)
    {
        Client client = _clients[index];
        switch (client.Receive(_bodyBytes))
        {
            case Answer.Good:
                Good++;
                latencies.Add(Stopwatch.GetElapsedTime(client.Due));
                _free.Enqueue(index);
                break;
            case Answer.Bad:
                // The connection is not used again.
                Bad++;
                _epoll.Remove(client.Socket);
                break;
        }
    }

    private enum Answer
    {
        Partial,
        Good,
        Bad,
    }

    private sealed class Client(Socket socket, byte[] buffer)
    {
        private int _received;

        public Socket Socket => socket;

        public long Due { get; private set; }

        public void Send(byte[] request, long due)
        {
            Due = due;
            _received = 0;
            socket.Send(request, SocketFlags.None, out _);
        }

        public Answer Receive(int bodyBytes)
        {
            int count = socket.Receive(buffer.AsSpan(_received), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
                return Answer.Partial;
            if (error != SocketError.Success || count == 0)
                return Answer.Bad;
            _received += count;
            ReadOnlySpan<byte> text = buffer.AsSpan(0, _received);
            int head = text.IndexOf("\r\n\r\n"u8);
            if (head < 0 || _received < head + 4 + bodyBytes)
                return Answer.Partial;
            return text.StartsWith("HTTP/1.1 200"u8) && _received == head + 4 + bodyBytes ? Answer.Good : Answer.Bad;
        }
    }
}
