using System.Buffers;
using System.Net;
using Gateway.Transport;

namespace Gateway.Fuzz.Targets;

/// <summary>A connection of a loop whose peer is a list of bytes.</summary>
internal sealed class ScriptedChannel(EventLoop loop) : LoopChannel
{
    private readonly LoopSignal _readable = new();
    private byte[] _arrived = [];
    private int _at;
    private bool _ended;
    private bool _closed;

    public long Sent { get; private set; }

    public override EventLoop Loop => loop;

    public override bool IsReadable => _at < _arrived.Length || _ended;

    public override bool IsWritable => true;

    public override bool PeerEnded => _ended;

    public override bool IsClosed => _closed;

    public override int Error => 0;

    public override Action<object?>? IdleEvent { get; set; }

    public override object? IdleState { get; set; }

    /// <summary>Bytes arrive.</summary>
    public void Arrive(ReadOnlySpan<byte> bytes)
    {
        _arrived = [.. _arrived.AsSpan(_at), .. bytes];
        _at = 0;
        Tell();
    }

    /// <summary>The peer ends its side.</summary>
    public void End()
    {
        _ended = true;
        Tell();
    }

    public override ValueTask WaitReadableAsync() => IsReadable || _closed ? default : _readable.WaitAsync();

    public override ValueTask WaitWritableAsync() => default;

    public override void WakeReader() => _readable.Set();

    public override void WakeWriter()
    {
    }

    public override int TryReceive(Span<byte> buffer)
    {
        if (_closed)
            return Failed;
        int count = Math.Min(buffer.Length, _arrived.Length - _at);
        if (count == 0)
            return _ended ? 0 : WouldBlock;
        _arrived.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int TrySend(ReadOnlySpan<byte> data)
    {
        if (_closed)
            return Failed;
        Sent += data.Length;
        return data.Length;
    }

    public override long TrySend(in ReadOnlySequence<byte> data)
    {
        Sent += data.Length;
        return data.Length;
    }

    public override EndPoint LocalEndPoint() => new IPEndPoint(IPAddress.Loopback, 1);

    public override void ShutdownWrite()
    {
    }

    public override void Close(bool reset)
    {
        _closed = true;
        IdleEvent = null;
        _readable.Set();
    }

    private void Tell()
    {
        if (_readable.IsWaited)
            _readable.Set();
        else
            IdleEvent?.Invoke(IdleState);
    }
}
