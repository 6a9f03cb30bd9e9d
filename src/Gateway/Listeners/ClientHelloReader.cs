using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Gateway.Tls;

namespace Gateway.Listeners;

/// <summary>What a ClientHello says that matters before the handshake.</summary>
/// <param name="ServerName">Lower-case host name (SNI); null = none was sent.</param>
/// <param name="Ecdsa">The cipher suites offered that go with ECDSA certificates; none if the client does not verify ECDSA signatures.</param>
/// <param name="OffersMeshProtocol">Whether it offers one of the protocols by which Istio's proxies speak mutual TLS to each other.</param>
/// <param name="IsAcmeChallenge">Whether it offers only the protocol by which an authority looks for the answer to a challenge (RFC 8737).</param>
internal readonly record struct ClientHello(string? ServerName, EcdsaSuites Ecdsa, bool OffersMeshProtocol = false, bool IsAcmeChallenge = false);

/// <summary>How far <see cref="ClientHelloReader.TryParse"/> came.</summary>
internal enum ClientHelloStatus
{
    /// <summary>More bytes are needed.</summary>
    NeedMore,

    /// <summary>These bytes are no ClientHello, or one past the limits.</summary>
    NotTls,

    /// <summary>Read.</summary>
    Found,
}

/// <summary>
/// Reads a TLS ClientHello without consuming it. It may come in crumbs, over several records, and from somebody hostile;
/// post-quantum key shares make it larger than one packet.
/// </summary>
internal static class ClientHelloReader
{
    // Larger than any real hello; what asks for more is not answered.
    internal const int MaxHelloBytes = 32 * 1024;

    private const int RecordHeaderBytes = 5;
    private const int MaxRecordBytes = 16 * 1024;
    private const int HandshakeHeaderBytes = 4;
    private const byte HandshakeRecord = 22;
    private const byte ClientHelloMessage = 1;
    private const ushort ServerNameExtension = 0;
    private const ushort SignatureAlgorithmsExtension = 13;
    private const ushort ProtocolsExtension = 16;

    /// <summary>Reads until the hello is complete; null = it is none, or the connection ended.</summary>
    public static async ValueTask<ClientHello?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            switch (TryParse(buffer, out ClientHello hello))
            {
                case ClientHelloStatus.Found:
                    input.AdvanceTo(buffer.Start);
                    return hello;
                case ClientHelloStatus.NeedMore when !read.IsCompleted && !read.IsCanceled:
                    input.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                default:
                    input.AdvanceTo(buffer.Start);
                    return null;
            }
        }
    }

    /// <summary>Parses what is there so far.</summary>
    public static ClientHelloStatus TryParse(in ReadOnlySequence<byte> buffer, out ClientHello hello)
    {
        hello = default;
        byte[] message = ArrayPool<byte>.Shared.Rent(MaxHelloBytes);
        try
        {
            ClientHelloStatus status = Assemble(buffer, message, out int length);
            if (status != ClientHelloStatus.Found)
                return status;
            return Parse(message.AsSpan(HandshakeHeaderBytes, length - HandshakeHeaderBytes), out hello)
                ? ClientHelloStatus.Found
                : ClientHelloStatus.NotTls;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    // Takes the record layer off: the message may be spread over records.
    private static ClientHelloStatus Assemble(in ReadOnlySequence<byte> buffer, Span<byte> message, out int length)
    {
        length = 0;
        ReadOnlySequence<byte> rest = buffer;
        Span<byte> header = stackalloc byte[RecordHeaderBytes];
        while (true)
        {
            int have = (int)Math.Min(rest.Length, RecordHeaderBytes);
            rest.Slice(0, have).CopyTo(header);
            if ((have > 0 && header[0] != HandshakeRecord) || (have > 1 && header[1] != 3))
                return ClientHelloStatus.NotTls;
            if (have < RecordHeaderBytes)
                return ClientHelloStatus.NeedMore;
            int recordLength = BinaryPrimitives.ReadUInt16BigEndian(header[3..]);
            if (recordLength == 0 || recordLength > MaxRecordBytes || length + recordLength > message.Length)
                return ClientHelloStatus.NotTls;
            rest = rest.Slice(RecordHeaderBytes);
            int available = (int)Math.Min(rest.Length, recordLength);
            rest.Slice(0, available).CopyTo(message[length..]);
            length += available;
            if (length > 0 && message[0] != ClientHelloMessage)
                return ClientHelloStatus.NotTls;
            if (length >= HandshakeHeaderBytes)
            {
                int total = HandshakeHeaderBytes + ((message[1] << 16) | BinaryPrimitives.ReadUInt16BigEndian(message[2..]));
                if (total > MaxHelloBytes)
                    return ClientHelloStatus.NotTls;
                if (length >= total)
                {
                    length = total;
                    return ClientHelloStatus.Found;
                }
            }
            if (available < recordLength)
                return ClientHelloStatus.NeedMore;
            rest = rest.Slice(available);
        }
    }

    private static bool Parse(ReadOnlySpan<byte> body, out ClientHello hello)
    {
        hello = default;
        const int VersionAndRandom = 2 + 32;
        if (body.Length < VersionAndRandom || body[0] != 3)
            return false;
        body = body[VersionAndRandom..];
        if (!TakeBlock(ref body, 1, out _) || !TakeBlock(ref body, 2, out ReadOnlySpan<byte> suites) || !TakeBlock(ref body, 1, out _))
            return false;
        if (body.IsEmpty)
        {
            // TLS 1.2 allows a hello without extensions: no SNI, and signatures as in its default (RSA).
            hello = new ClientHello(null, EcdsaSuites.None);
            return true;
        }
        if (!TakeBlock(ref body, 2, out ReadOnlySpan<byte> extensions))
            return false;
        string? serverName = null;
        bool named = false;
        bool ecdsa = false;
        bool mesh = false;
        bool acme = false;
        while (!extensions.IsEmpty)
        {
            if (extensions.Length < 2)
                return false;
            ushort type = BinaryPrimitives.ReadUInt16BigEndian(extensions);
            extensions = extensions[2..];
            if (!TakeBlock(ref extensions, 2, out ReadOnlySpan<byte> extension))
                return false;
            // RFC 8446 section 4.2 allows one: of two, somebody behind a port of PASSTHROUGH might go by the other.
            if (type == ServerNameExtension && (named || !ReadServerName(extension, ref serverName)))
                return false;
            named |= type == ServerNameExtension;
            if (type == SignatureAlgorithmsExtension && !ReadSignatureAlgorithms(extension, ref ecdsa))
                return false;
            if (type == ProtocolsExtension && !ReadProtocols(extension, ref mesh, ref acme))
                return false;
        }
        hello = new ClientHello(serverName, ecdsa ? ReadEcdsaSuites(suites) : EcdsaSuites.None, mesh, acme);
        return true;
    }

    private static bool ReadServerName(ReadOnlySpan<byte> extension, ref string? serverName)
    {
        if (!TakeBlock(ref extension, 2, out ReadOnlySpan<byte> names) || !extension.IsEmpty)
            return false;
        while (!names.IsEmpty)
        {
            byte type = names[0];
            names = names[1..];
            if (!TakeBlock(ref names, 2, out ReadOnlySpan<byte> name))
                return false;
            const byte HostName = 0;
            if (type != HostName || serverName is not null)
                continue;
            if (name.IsEmpty || name.Length > 255 || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
                return false;
            serverName = System.Text.Encoding.ASCII.GetString(name).ToLowerInvariant();
        }
        return true;
    }

    private static bool ReadSignatureAlgorithms(ReadOnlySpan<byte> extension, ref bool ecdsa)
    {
        if (!TakeBlock(ref extension, 2, out ReadOnlySpan<byte> algorithms) || algorithms.Length % 2 != 0)
            return false;
        for (; !algorithms.IsEmpty; algorithms = algorithms[2..])
        {
            // ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512
            if (BinaryPrimitives.ReadUInt16BigEndian(algorithms) is 0x0403 or 0x0503 or 0x0603)
                ecdsa = true;
        }
        return true;
    }

    // Up to TLS 1.2 a suite says how the server signs; those of TLS 1.3 leave it open.
    private static EcdsaSuites ReadEcdsaSuites(ReadOnlySpan<byte> suites)
    {
        EcdsaSuites found = EcdsaSuites.None;
        for (; suites.Length >= 2; suites = suites[2..])
            found |= EcdsaSuiteSet.Of(BinaryPrimitives.ReadUInt16BigEndian(suites));
        return found;
    }

    private static bool ReadProtocols(ReadOnlySpan<byte> extension, ref bool mesh, ref bool acme)
    {
        if (!TakeBlock(ref extension, 2, out ReadOnlySpan<byte> protocols))
            return false;
        acme = protocols.SequenceEqual("\u000aacme-tls/1"u8);
        while (!protocols.IsEmpty)
        {
            if (!TakeBlock(ref protocols, 1, out ReadOnlySpan<byte> protocol))
                return false;
            mesh |= protocol.SequenceEqual("istio"u8) || protocol.StartsWith("istio-"u8);
        }
        return true;
    }

    private static bool TakeBlock(ref ReadOnlySpan<byte> data, int lengthBytes, out ReadOnlySpan<byte> block)
    {
        block = default;
        if (data.Length < lengthBytes)
            return false;
        int length = lengthBytes == 1 ? data[0] : BinaryPrimitives.ReadUInt16BigEndian(data);
        if (data.Length - lengthBytes < length)
            return false;
        block = data.Slice(lengthBytes, length);
        data = data[(lengthBytes + length)..];
        return true;
    }
}
