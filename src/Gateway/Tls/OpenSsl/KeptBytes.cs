using System.Buffers;
using Gateway.Transport;

namespace Gateway.Tls.OpenSsl;

/// <summary>Records that a socket did not take, until it does. Holds nothing when it is empty.</summary>
/// <param name="limit">Most bytes.</param>
internal struct KeptBytes(int limit)
{
    private byte[]? _bytes;
    private int _start;
    private int _end;

    /// <summary>Whether there are none.</summary>
    public readonly bool IsEmpty => _end == _start;

    /// <summary>Puts more behind the others.</summary>
    /// <returns>False = there would be too many: the peer does not read what it made us send.</returns>
    public bool TryAdd(ReadOnlySpan<byte> more)
    {
        int have = _end - _start;
        if (have + more.Length > limit)
            return false;
        if (_bytes is null || _bytes.Length - _end < more.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(have + more.Length);
            _bytes.AsSpan(_start, have).CopyTo(larger);
            Clear();
            _bytes = larger;
            _end = have;
        }

        more.CopyTo(_bytes.AsSpan(_end));
        _end += more.Length;
        return true;
    }

    /// <summary>Sends as many as the socket takes.</summary>
    /// <returns>Whether the socket still works.</returns>
    public bool TrySend(LoopSocket socket)
    {
        int sent = socket.TrySend(_bytes.AsSpan(_start, _end - _start));
        if (sent == LoopChannel.Failed)
            return false;
        _start += Math.Max(0, sent);
        if (IsEmpty)
            Clear();
        return true;
    }

    /// <summary>Lets them go.</summary>
    public void Clear()
    {
        if (_bytes is { } array)
            ArrayPool<byte>.Shared.Return(array);
        _bytes = null;
        _start = _end = 0;
    }
}
