using Gateway.Clusters;
using Gateway.Streams;

namespace Gateway.Tcp;

/// <summary>
/// Looks after one session: ends it when it was silent or open for too long, and tells the sink now and then what was
/// moved, so that sessions of hours are seen before their end.
/// </summary>
internal sealed class TcpWatch : IDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(15);

    private readonly TcpSession _session;
    private readonly StreamInfo _info;
    private readonly ClusterConfig _config;
    private readonly IStreamSink _sink;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private bool _ended;

    public TcpWatch(TcpSession session, StreamInfo info, ClusterConfig config, IStreamSink sink, TimeProvider time)
    {
        _session = session;
        _info = info;
        _config = config;
        _sink = sink;
        _time = time;
        _timer = time.CreateTimer(static state => ((TcpWatch)state!).Look(), this, Next(), Timeout.InfiniteTimeSpan);
    }

    /// <summary>The session has ended: reports what was not reported yet.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            _ended = true;
            Report();
        }
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            Report();
            if (Left(_config.TcpIdleTimeout, _session.Silence) <= TimeSpan.Zero)
            {
                _info.ConnectionTerminationDetails = "tcp_session_idle_timeout";
                _session.Stop("The session was silent for too long.");
            }
            else if (Left(_config.MaxConnectionDuration, _time.GetElapsedTime(_info.StartTimestamp)) <= TimeSpan.Zero)
            {
                _info.Flags |= ResponseFlags.DurationTimeout;
                _session.Stop("The session was open for too long.");
            }
            else
            {
                _timer.Change(Next(), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private TimeSpan Next()
    {
        TimeSpan idle = Left(_config.TcpIdleTimeout, _session.Silence);
        TimeSpan open = Left(_config.MaxConnectionDuration, _time.GetElapsedTime(_info.StartTimestamp));
        TimeSpan next = idle < open ? idle : open;
        return next < ReportInterval ? TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(next.TotalMilliseconds))) : ReportInterval;
    }

    private static TimeSpan Left(TimeSpan limit, TimeSpan used) => limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : limit - used;

    private void Report()
    {
        long received = _session.Received;
        long sent = _session.Sent;
        _sink.OnTcpBytes(_info, received - _info.BytesReceived, sent - _info.BytesSent);
        _info.BytesReceived = received;
        _info.BytesSent = sent;
    }
}
