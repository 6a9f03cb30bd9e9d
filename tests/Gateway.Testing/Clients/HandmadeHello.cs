using System.Buffers.Binary;
using System.Text;

namespace Gateway.Testing.Clients;

/// <summary>A ClientHello made by hand, for what no library offers any more. Nothing can follow it but the server's answer.</summary>
public sealed record HandmadeHello
{
    private const ushort Tls12 = 0x0303;
    private const ushort Secp256R1 = 0x0017;
    private const int RandomBytes = 32;
    private const int RecordHeader = 5;
    private const byte HandshakeRecord = 22;
    private const byte ServerHelloMessage = 2;

    /// <summary>The highest version offered.</summary>
    public ushort Version { get; init; } = Tls12;

    /// <summary>The cipher suites offered; by default ECDHE with AES-128-GCM.</summary>
    public IReadOnlyList<ushort> CipherSuites { get; init; } = [0xC02B, 0xC02F];

    /// <summary>The compression methods offered; 0 = none.</summary>
    public byte[] Compressions { get; init; } = [0];

    /// <summary>SNI; null = none is sent.</summary>
    public string? ServerName { get; init; }

    /// <summary>SNI of a second extension of the same type, which no client may send; null = none.</summary>
    public string? SecondServerName { get; init; }

    /// <summary>Offers TLS 1.3 with a key share of so many bytes, of a group that nobody knows; 0 = does not.</summary>
    public int KeyShareBytes { get; init; }

    /// <summary>The hello in one record.</summary>
    public byte[] ToBytes()
    {
        byte[] body =
        [
            .. U16(Version), .. new byte[RandomBytes], .. KeyShareBytes > 0 ? [RandomBytes, .. new byte[RandomBytes]] : new byte[1],
            .. Counted([.. CipherSuites.SelectMany(U16), .. KeyShareBytes > 0 ? U16(0x1301) : []]),
            (byte)Compressions.Length, .. Compressions, .. Counted(Extensions()),
        ];
        byte[] message = [1, 0, .. Counted(body)];
        return [HandshakeRecord, 3, 1, .. Counted(message)];
    }

    /// <summary>What a server that answers has chosen; null = these bytes are no ServerHello, hence a refusal.</summary>
    /// <param name="answer">All that came.</param>
    public static (ushort Version, ushort CipherSuite, byte Compression)? Chosen(ReadOnlySpan<byte> answer)
    {
        const int VersionAt = RecordHeader + 4;
        const int SessionAt = VersionAt + 2 + RandomBytes;
        if (answer.Length <= SessionAt || answer[0] != HandshakeRecord || answer[RecordHeader] != ServerHelloMessage)
            return null;
        ReadOnlySpan<byte> rest = answer[(SessionAt + 1 + answer[SessionAt])..];
        return (BinaryPrimitives.ReadUInt16BigEndian(answer[VersionAt..]), BinaryPrimitives.ReadUInt16BigEndian(rest), rest[2]);
    }

    /// <summary>Sends the hello on a new connection and reads what is chosen; null = refused.</summary>
    public async Task<(ushort Version, ushort CipherSuite, byte Compression)?> AskAsync(int port)
    {
        // A ServerHello is shorter.
        const int Enough = 128;
        using var deadline = new CancellationTokenSource(Eventually.Deadline);
        await using RawHttpConnection connection = await RawHttpConnection.ConnectAsync(port, cancel: deadline.Token);
        byte[] answer = new byte[Enough];
        int length = 0;
        try
        {
            await connection.SendAsync(ToBytes(), deadline.Token);
            int read;
            while (length < Enough && (read = await connection.Stream.ReadAsync(answer.AsMemory(length), deadline.Token)) > 0)
            {
                length += read;
                if (Chosen(answer.AsSpan(0, length)) is not null)
                    break;
            }
        }
        catch (IOException)
        {
            // Reset: that is a refusal as well.
        }
        return Chosen(answer.AsSpan(0, length));
    }

    private byte[] Extensions()
    {
        const ushort Unknown = 0xFE31;
        byte[] name = [.. Name(ServerName), .. Name(SecondServerName)];
        byte[] next = KeyShareBytes == 0 ? [] :
        [
            .. Extension(43, [4, 3, 4, 3, 3]),
            .. Extension(51, Counted([.. U16(Unknown), .. Counted(new byte[KeyShareBytes])])),
        ];
        byte[] groups = KeyShareBytes == 0 ? U16(Secp256R1) : [.. U16(Unknown), .. U16(Secp256R1)];
        return
        [
            .. name, .. Extension(10, Counted(groups)), .. Extension(11, [1, 0]),
            // ECDSA with SHA-256, RSA-PSS with SHA-256, RSA with SHA-256, and the two with SHA-1.
            .. Extension(13, Counted([4, 3, 8, 4, 4, 1, 2, 3, 2, 1])), .. Extension(0xFF01, [0]), .. next,
        ];
    }

    private static byte[] Name(string? name) => name is null ? [] : Extension(0, Counted([0, .. Counted(Encoding.ASCII.GetBytes(name))]));

    private static byte[] Extension(ushort type, byte[] content) => [.. U16(type), .. Counted(content)];

    private static byte[] Counted(byte[] content) => [.. U16((ushort)content.Length), .. content];

    private static byte[] U16(ushort value) => [(byte)(value >> 8), (byte)value];
}
