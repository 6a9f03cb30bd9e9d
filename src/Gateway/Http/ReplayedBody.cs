using Gateway.Transport;

namespace Gateway.Http;

/// <summary>A body whose beginning was read already: gives that first, then the rest.</summary>
/// <param name="beginning">What was read.</param>
/// <param name="rest">What was not; null = that was all.</param>
internal sealed class ReplayedBody(ReadOnlyMemory<byte> beginning, Stream? rest) : AsyncStream
{
    private ReadOnlyMemory<byte> _beginning = beginning;

    public override bool CanRead => true;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_beginning.IsEmpty)
            return rest?.ReadAsync(buffer, cancellationToken) ?? ValueTask.FromResult(0);
        int count = Math.Min(buffer.Length, _beginning.Length);
        _beginning[..count].CopyTo(buffer);
        _beginning = _beginning[count..];
        return ValueTask.FromResult(count);
    }
}
