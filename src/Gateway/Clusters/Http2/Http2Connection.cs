using System.Net;
using Gateway.Transport;

namespace Gateway.Clusters.Http2;

/// <summary>
/// A connection of HTTP/2 to a backend: many streams over one channel of a loop. Everything happens on the loop. What comes
/// in one turn is taken apart first and told to the streams afterwards; what goes out in one turn leaves in one call.
/// </summary>
internal sealed partial class Http2Connection
{
    private readonly LoopChannel _channel;
    private readonly Http2Pool _pool;
    private readonly Http2Options _options;
    private readonly Action _closed;
    private readonly Dictionary<int, Http2Stream> _streams = [];
    private readonly Stack<Http2Stream> _free = new();
    private readonly List<Http2Stream> _touched = [];
    private readonly TaskCompletionSource<Http2Failure> _opened = new();
    private readonly LoopTimer _idleTimer;
    private readonly LoopTimer _lifeTimer;
    private readonly LoopTimer _aliveTimer;
    private Http2Settings _peer = new();
    private Http2FloodGuard _guard;
    private int _nextId = 1;
    private bool _waking;
    private bool _pingSent;

    /// <summary>Why TLS ended it, in words; null = it did not.</summary>
    public string? Fault => _channel.Fault;

    /// <param name="channel">A connected channel; now this object's.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="options">Limits.</param>
    /// <param name="closed">Called when it has ended.</param>
    public Http2Connection(LoopChannel channel, Http2Pool pool, Http2Options options, Action closed)
    {
        _closed = closed;
        _channel = channel;
        _pool = pool;
        _options = options;
        _guard = new Http2FloodGuard(options.IdleFrameBurst);
        _receiveWindow = options.ConnectionWindow;
        LocalAddress = channel.LocalEndPoint() is IPEndPoint ip ? ip.ToString() : "";
        _idleTimer = new LoopTimer(static state => ((Http2Connection)state!).Close(Http2Error.NoError, Http2Failure.ConnectionEnded), this);
        _lifeTimer = new LoopTimer(static state => ((Http2Connection)state!).Drain(), this);
        _aliveTimer = new LoopTimer(static state => ((Http2Connection)state!).CheckAlive(), this);
    }

    /// <summary>Its loop.</summary>
    public EventLoop Loop => _channel.Loop;

    /// <summary>Writes the heads of requests.</summary>
    public HpackEncoder Encoder { get; } = new();

    /// <summary>Our side, for people.</summary>
    public string LocalAddress { get; }

    /// <summary>Streams under way.</summary>
    public int Streams => _streams.Count;

    /// <summary>Streams it could carry at a time.</summary>
    public int Capacity => (int)Math.Min(_peer.MaxStreams, (uint)_options.MaxStreams);

    /// <summary>Whether it takes no new streams.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether a stream can be opened now.</summary>
    public bool CanOpen => !IsDraining && !IsClosed && _streams.Count < Capacity && Unsent < 4 * _options.MaxUnsentBytes;

    /// <summary>Says hello and waits for the backend's settings, the first thing it must say.</summary>
    /// <param name="timeout">How long it may take.</param>
    /// <returns>Why it came to nothing; <see cref="Http2Failure.None"/> = streams can be opened.</returns>
    public async ValueTask<Http2Failure> OpenAsync(TimeSpan timeout)
    {
        WritePreface();
        _channel.IdleState = this;
        _channel.IdleEvent = static state => ((Http2Connection)state!).Receive();
        Loop.Timers.Set(_idleTimer, timeout);
        Receive();
        Flush();
        Http2Failure failure = await _opened.Task;
        if (failure != Http2Failure.None)
            return failure;
        // A server that restarts may greet and say goodbye in one breath.
        if (IsDraining)
        {
            if (_streams.Count == 0)
                Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
            return Http2Failure.ConnectionEnded;
        }

        SetIdle();
        NoteAlive();
        if (_pool.MaxConnectionDuration != Timeout.InfiniteTimeSpan)
            Loop.Timers.Set(_lifeTimer, _pool.MaxConnectionDuration);
        return failure;
    }

    /// <summary>Opens a stream with the head that <see cref="Encoder"/> has written. Only if <see cref="CanOpen"/>.</summary>
    /// <param name="endsStream">Whether there is no body.</param>
    /// <param name="isHead">Whether the request is HEAD.</param>
    public Http2Stream Open(bool endsStream, bool isHead)
    {
        if (_streams.Count == 0)
            Loop.Timers.Clear(_idleTimer);
        if (!_free.TryPop(out Http2Stream? stream))
            stream = new Http2Stream(this);
        stream.Begin(_nextId, _peer.InitialWindow, _options.StreamWindow, isHead);
        stream.LocalEnded = endsStream;
        _streams.Add(_nextId, stream);
        WriteHeaders(stream.Id, endsStream);
        _guard.Use();
        _nextId += 2;
        // The numbers of streams come to their end.
        if (_nextId < 0 || (_options.MaxRequests > 0 && _nextId / 2 >= _options.MaxRequests))
            Drain();
        return stream;
    }

    /// <summary>Ends a stream whatever its state and takes the object back. Nobody may wait on it.</summary>
    public void Release(Http2Stream stream)
    {
        if (stream.IsOpen)
            End(stream, Http2Failure.Cancelled, Http2Error.Cancel);
        Credit(stream.Drop());
        if (!IsClosed && _free.Count < _options.MaxStreams)
            _free.Push(stream);
    }

    /// <summary>Ends a stream early; its users are told.</summary>
    public void Cancel(Http2Stream stream)
    {
        if (!stream.IsOpen)
            return;
        End(stream, Http2Failure.Cancelled, Http2Error.Cancel);
        Wake();
    }

    /// <summary>Takes no new streams; closes when the last one has ended.</summary>
    public void Drain()
    {
        if (IsDraining)
            return;
        IsDraining = true;
        _pool.Remove(this);
        if (_streams.Count == 0 && _opened.Task.IsCompleted)
            Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
    }

    private void End(Http2Stream stream, Http2Failure failure, Http2Error? tell)
    {
        stream.Failure = failure;
        if (tell is { } error && !IsClosed)
            WriteReset(stream.Id, error);
        Touch(stream);
        Remove(stream);
    }

    private void EndLocal(Http2Stream stream)
    {
        stream.LocalEnded = true;
        if (stream.RemoteEnded)
            Remove(stream);
    }

    private void EndRemote(Http2Stream stream)
    {
        stream.RemoteEnded = true;
        Touch(stream);
        if (stream.LocalEnded)
            Remove(stream);
    }

    private void Remove(Http2Stream stream)
    {
        if (!_streams.Remove(stream.Id) || IsClosed)
            return;
        if (_streams.Count == 0)
        {
            if (IsDraining || _pool.IsWantedElsewhere)
            {
                Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
                return;
            }

            SetIdle();
        }

        _pool.OnRoom();
    }

    private void SetIdle()
    {
        Loop.Timers.Clear(_idleTimer);
        if (_pool.IdleTimeout != Timeout.InfiniteTimeSpan)
            Loop.Timers.Set(_idleTimer, _pool.IdleTimeout);
    }

    private void CheckAlive()
    {
        if (_pingSent)
        {
            Close(Http2Error.NoError, Http2Failure.ConnectionEnded);
            return;
        }

        _pingSent = true;
        WritePing(acknowledges: false, 0);
        Loop.Timers.Set(_aliveTimer, _options.KeepAliveTimeout);
    }

    private void NoteAlive()
    {
        _pingSent = false;
        if (_options.KeepAliveInterval != Timeout.InfiniteTimeSpan)
            Loop.Timers.Set(_aliveTimer, _options.KeepAliveInterval);
    }

    private void Touch(Http2Stream stream)
    {
        if (stream.IsListed)
            return;
        stream.IsListed = true;
        _touched.Add(stream);
    }

    // Whoever is told may open and end streams: the list may grow meanwhile.
    private void Wake()
    {
        if (_waking || _receiving)
            return;
        _waking = true;
        for (int i = 0; i < _touched.Count; i++)
        {
            Http2Stream stream = _touched[i];
            stream.IsListed = false;
            if (!stream.IsOpen)
                stream.WakeWriter();
            stream.WakeReader();
        }

        _touched.Clear();
        _waking = false;
    }

    private void Close(Http2Error error, Http2Failure failure)
    {
        if (IsClosed)
            return;
        IsDraining = true;
        WriteGoAway(error);
        SendWhatGoes();
        IsClosed = true;
        _channel.Close(reset: false);
        _closed();
        Loop.Timers.Clear(_idleTimer);
        Loop.Timers.Clear(_lifeTimer);
        Loop.Timers.Clear(_aliveTimer);
        foreach (Http2Stream stream in _streams.Values)
        {
            stream.Failure = failure;
            Touch(stream);
        }

        _streams.Clear();
        ReleaseBuffers();
        _pool.Remove(this);
        _opened.TrySetResult(failure);
        Wake();
    }
}
