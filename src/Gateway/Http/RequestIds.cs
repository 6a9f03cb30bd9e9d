using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Gateway.Http;

/// <summary>
/// Fresh values of x-request-id: random UUIDs. The randomness is drawn for many at a time, as every draw is a system call.
/// </summary>
internal sealed class RequestIds
{
    private const int Batch = 256;

    [ThreadStatic]
    private static RequestIds? _current;

    private readonly byte[] _random = new byte[Batch * 16];
    private int _used = Batch;

    /// <summary>The next one.</summary>
    public static string Next() => (_current ??= new RequestIds()).Draw().ToString("D", CultureInfo.InvariantCulture);

    private Guid Draw()
    {
        if (_used == Batch)
        {
            RandomNumberGenerator.Fill(_random);
            _used = 0;
        }

        Span<byte> bytes = _random.AsSpan(16 * _used++, 16);
        // RFC 9562, section 5.4: version 4, variant 10. Guid's first eight bytes are three little-endian numbers.
        bytes[7] = (byte)((bytes[7] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return MemoryMarshal.Read<Guid>(bytes);
    }
}
