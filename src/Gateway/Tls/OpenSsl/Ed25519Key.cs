using System.Security.Cryptography;

namespace Gateway.Tls.OpenSsl;

/// <summary>An Ed25519 public key, which .NET has no type for. Thread-safe.</summary>
internal sealed unsafe class Ed25519Key
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private const int SignatureSize = 64;

    // NID_ED25519.
    private const int TypeOfKey = 1087;

    private readonly SafeEd25519Handle _key;

    /// <summary>Takes a key.</summary>
    /// <exception cref="CryptographicException">It is none, or OpenSSL cannot be called.</exception>
    public Ed25519Key(ReadOnlySpan<byte> key)
    {
        if (OpenSslLibrary.Problem is { } problem)
            throw new CryptographicException($"Ed25519 needs OpenSSL, and {problem}");
        if (key.Length != Size)
            throw new CryptographicException($"an Ed25519 key has {Size} bytes");
        fixed (byte* bytes = key)
            _key = SafeEd25519Handle.Of(LibCrypto.NewRawPublicKey(TypeOfKey, 0, bytes, Size));
        if (_key.IsInvalid)
            throw new CryptographicException($"OpenSSL does not take the Ed25519 key: {OpenSslLibrary.DrainErrors()}");
    }

    /// <summary>Whether a signature is good.</summary>
    public bool Verify(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureSize)
            return false;
        nint context = LibCrypto.NewDigestContext();
        if (context == 0)
            return false;
        try
        {
            fixed (byte* data = signed, sign = signature)
            {
                bool isGood = LibCrypto.BeginVerify(context, 0, 0, 0, _key) == 1
                    && LibCrypto.Verify(context, sign, SignatureSize, data, (nuint)signed.Length) == 1;
                // A bad signature leaves an error, which other calls on this thread would take for theirs.
                if (!isGood)
                    LibCrypto.ClearErrors();
                return isGood;
            }
        }
        finally
        {
            LibCrypto.FreeDigestContext(context);
        }
    }
}
