using System.Security.Cryptography;

namespace Gateway.Tls.OpenSsl;

/// <summary>
/// Keys of one context's session tickets. A new key each <see cref="Period"/>; the one before is still taken, so that a
/// ticket lives at least as long as its session. Any thread.
/// </summary>
internal sealed unsafe class OpenSslTickets(TimeProvider time)
{
    /// <summary>How long tickets are made with one key.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromHours(2);

    private const int NameBytes = 16;
    private const int IvBytes = 16;
    private const int KeyBytes = 32;

    private const int Failed = -1;
    private const int Unknown = 0;
    private const int Known = 1;
    private const int KnownButRenew = 2;

    private static readonly Lazy<nint> Cipher = new(() => LibCrypto.FetchCipher(0, "AES-256-CBC", 0));

    private readonly Lock _lock = new();
    private Keys _keys = new(Key.Make(), null, time.GetTimestamp());

    /// <summary>For OpenSSL's ticket key callback: chooses a key and sets cipher and MAC up with it.</summary>
    public int Use(byte* name, byte* iv, nint cipherContext, nint macContext, bool isEncryption)
    {
        var ticketName = new Span<byte>(name, NameBytes);
        Key? key = isEncryption ? ForNew() : ForOld(ticketName);
        if (key is null)
            return Unknown;
        if (isEncryption)
        {
            key.Name.CopyTo(ticketName);
            RandomNumberGenerator.Fill(new Span<byte>(iv, IvBytes));
        }

        fixed (byte* cipherKey = key.CipherKey, macKey = key.MacKey)
        {
            int result = isEncryption
                ? LibCrypto.BeginEncrypt(cipherContext, Cipher.Value, 0, cipherKey, iv)
                : LibCrypto.BeginDecrypt(cipherContext, Cipher.Value, 0, cipherKey, iv);
            if (result != 1 || !SetMac(macContext, macKey))
                return Failed;
        }

        return isEncryption || key == ForNew() ? Known : KnownButRenew;
    }

    /// <summary>The key to make tickets with now.</summary>
    internal Key ForNew() => Current().New;

    /// <summary>The key that a ticket was made with; null = it is taken no more.</summary>
    internal Key? ForOld(ReadOnlySpan<byte> name)
    {
        Keys keys = Current();
        return name.SequenceEqual(keys.New.Name) ? keys.New
            : keys.Old is { } old && name.SequenceEqual(old.Name) ? old
            : null;
    }

    private static bool SetMac(nint macContext, byte* macKey)
    {
        fixed (byte* keyName = "key\0"u8, digestName = "digest\0"u8, digest = "SHA256\0"u8)
        {
            OsslParameter* parameters = stackalloc OsslParameter[3];
            parameters[0] = new OsslParameter { Key = keyName, Type = OsslParameter.OctetString, Data = macKey, DataSize = KeyBytes };
            parameters[1] = new OsslParameter { Key = digestName, Type = OsslParameter.Utf8String, Data = digest, DataSize = 6 };
            parameters[2] = default;
            return LibCrypto.SetMacParameters(macContext, parameters) == 1;
        }
    }

    private Keys Current()
    {
        Keys keys = Volatile.Read(ref _keys);
        TimeSpan age = time.GetElapsedTime(keys.Since);
        if (age < Period)
            return keys;
        lock (_lock)
        {
            keys = _keys;
            age = time.GetElapsedTime(keys.Since);
            // After a long rest the key before would be older than any session.
            if (age >= Period)
                Volatile.Write(ref _keys, keys = new Keys(Key.Make(), age < Period * 2 ? keys.New : null, time.GetTimestamp()));
        }

        return keys;
    }

    private sealed record Keys(Key New, Key? Old, long Since);

    /// <summary>One key.</summary>
    internal sealed class Key
    {
        public required byte[] Name { get; init; }

        public required byte[] CipherKey { get; init; }

        public required byte[] MacKey { get; init; }

        public static Key Make() => new()
        {
            Name = RandomNumberGenerator.GetBytes(NameBytes),
            CipherKey = RandomNumberGenerator.GetBytes(KeyBytes),
            MacKey = RandomNumberGenerator.GetBytes(KeyBytes),
        };
    }
}
