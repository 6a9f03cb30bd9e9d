using System.Buffers;
using Gateway.Transport;
using Microsoft.AspNetCore.Http;

namespace Gateway.Forwarding;

/// <summary>
/// The client's body, kept while it is read, so that a later try can send it again. There is one reader of the client at
/// any time: a read that a try leaves behind is not cancelled but serves the next one. A body that outgrows the limit is
/// no longer kept; it can then be sent only once. Belongs to a request context.
/// </summary>
internal sealed class ReplayableRequestBody(int limit) : AsyncStream
{
    private const int FirstBufferBytes = 4 * 1024;

    private readonly int _limit = limit;
    private Stream _inner = Null;
    private HttpRequest? _request;
    private CancellationTokenSource? _end;
    private CancellationTokenSource? _try;
    private byte[]? _kept;
    private int _length;
    private int _position;
    private bool _ended;
    private Task<int>? _pending;

    public override bool CanRead => true;

    /// <summary>Whether it can be sent from its beginning.</summary>
    public bool CanReplay { get; private set; }

    // One more than may be kept, to see the end of a body that just fits.
    private int Capacity => Math.Min(_kept!.Length, _limit + 1);

    /// <summary>Takes the place of a request's body; <see cref="DetachAsync"/> must follow.</summary>
    public void Attach(HttpRequest request)
    {
        _request = request;
        _inner = request.Body;
        request.Body = this;
        _end ??= new CancellationTokenSource();
        _kept = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(request.ContentLength + 1 ?? FirstBufferBytes, 1, _limit + 1));
        _length = _position = 0;
        _ended = false;
        CanReplay = true;
    }

    /// <summary>A try begins: it reads from the beginning.</summary>
    public void Rewind()
    {
        _position = 0;
        if (_try is { IsCancellationRequested: true })
            _try = null;
    }

    /// <summary>The try under way is to read no more; what it waits for is left to the next one.</summary>
    public void AbandonTry()
    {
        if (_request is not null)
            (_try ??= new CancellationTokenSource()).Cancel();
    }

    /// <summary>The request has ended. A read that is still under way is cancelled and awaited: nobody may write into what goes back to the pool.</summary>
    public async ValueTask DetachAsync()
    {
        if (_pending is { IsCompleted: false } pending)
        {
            await _end!.CancelAsync();
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (!_end!.TryReset())
            _end = null;
        _pending = null;
        _try = null;
        ReturnKept();
        _request!.Body = _inner;
        _request = null;
        _inner = Null;
        CanReplay = false;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position < _length || _ended || buffer.IsEmpty)
            return ValueTask.FromResult(TakeKept(buffer));
        if (_pending is null && CanReplay && _length == Capacity && !Grow())
        {
            // Whatever was kept has been read by the try under way.
            CanReplay = false;
            ReturnKept();
            _length = _position = 0;
        }
        return CanReplay || _pending is not null ? ReadMoreAsync(buffer, cancellationToken) : _inner.ReadAsync(buffer, cancellationToken);
    }

    private async ValueTask<int> ReadMoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        // A failed read stays: the next try meets the same failure.
        _pending ??= _inner.ReadAsync(_kept.AsMemory(_length, Capacity - _length), _end!.Token).AsTask();
        int count = await _pending.WaitAsync(cancellationToken).WaitAsync((_try ??= new CancellationTokenSource()).Token);
        _pending = null;
        _length += count;
        _ended = count == 0;
        return TakeKept(buffer);
    }

    private int TakeKept(Memory<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _length - _position);
        if (count > 0)
            _kept.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    private bool Grow()
    {
        if (_length > _limit)
            return false;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(_limit + 1, _kept!.Length * 2));
        _kept.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = larger;
        return true;
    }

    private void ReturnKept()
    {
        if (_kept is null)
            return;
        ArrayPool<byte>.Shared.Return(_kept);
        _kept = null;
    }
}
