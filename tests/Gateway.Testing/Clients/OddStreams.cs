using System.Buffers.Binary;

namespace Gateway.Testing.Clients;

/// <summary>A stream whose writes are changed on their way.</summary>
internal abstract class ChangedWrites(Stream inner) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    protected Stream Inner => inner;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Writes one byte at a time.</summary>
internal sealed class SingleBytes(Stream inner) : ChangedWrites(inner)
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        for (int i = 0; i < buffer.Length; i++)
            await Inner.WriteAsync(buffer.Slice(i, 1), cancellationToken);
    }
}

/// <summary>Spreads the first message, the ClientHello, over records of at most 40 bytes.</summary>
internal sealed class ManyRecords(Stream inner) : ChangedWrites(inner)
{
    private const int Header = 5;
    private const int Most = 40;
    private bool _begun;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_begun)
        {
            await Inner.WriteAsync(buffer, cancellationToken);
            return;
        }

        _begun = true;
        ReadOnlyMemory<byte> rest = buffer[Header..];
        while (rest.Length > 0)
        {
            int length = Math.Min(Most, rest.Length);
            byte[] record = [.. buffer.Span[..Header], .. rest.Span[..length]];
            BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)length);
            await Inner.WriteAsync(record, cancellationToken);
            rest = rest[length..];
        }
    }
}

/// <summary>Ends everything with a reset when so many bytes have been written.</summary>
internal sealed class ResetAfter(Stream inner, int bytes, Action reset) : ChangedWrites(inner)
{
    private int _left = bytes;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int length = Math.Min(_left, buffer.Length);
        await Inner.WriteAsync(buffer[..length], cancellationToken);
        _left -= length;
        if (_left > 0)
            return;
        reset();
        throw new IOException("Reset by the test.");
    }
}

/// <summary>Remembers all that was read.</summary>
internal sealed class RecordedReads(Stream inner) : ChangedWrites(inner)
{
    private const int Header = 5;
    private readonly MemoryStream _read = new();

    /// <summary>The type of the last TLS record; 0 = there was none.</summary>
    public byte LastRecordType()
    {
        byte type = 0;
        ReadOnlySpan<byte> rest = _read.ToArray();
        while (rest.Length >= Header)
        {
            type = rest[0];
            rest = rest[(Header + BinaryPrimitives.ReadUInt16BigEndian(rest[3..]))..];
        }

        return type;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await Inner.ReadAsync(buffer, cancellationToken);
        _read.Write(buffer.Span[..read]);
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => Inner.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        _read.Dispose();
        base.Dispose(disposing);
    }
}
