namespace Gateway.Tls.OpenSsl;

/// <summary>Where a loop's sessions put records before one call sends them all; empty between two operations. On one loop.</summary>
internal sealed class OutgoingBytes
{
    /// <summary>Data encrypted before it is sent: more would only wait in the kernel.</summary>
    public const int MaxData = 4 * MaxRecord;

    /// <summary>The most data of one record (RFC 8446 section 5.1).</summary>
    public const int MaxRecord = 16 * 1024;

    private const int RecordOverhead = 256;

    [ThreadStatic]
    private static OutgoingBytes? _current;

    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(4 * (MaxRecord + RecordOverhead), pinned: true);
    private int _length;

    /// <summary>This thread's.</summary>
    public static OutgoingBytes Current => _current ??= new OutgoingBytes();

    /// <summary>Where small pieces are put together to one record.</summary>
    public byte[] Gathered { get; } = GC.AllocateUninitializedArray<byte>(MaxRecord, pinned: true);

    /// <summary>What is there.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Forgets what is there.</summary>
    public void Clear() => _length = 0;
}
