using Gateway.Config;
using Gateway.Config.Model;

namespace Gateway.Tls;

/// <summary>Finds the certificate texts in a Secret. Istio tries its generic keys first, then those of <c>kubernetes.io/tls</c>.</summary>
internal static class SecretReader
{
    /// <summary>Certificate and key; false = the Secret has not got both.</summary>
    public static bool TryReadCertificate(SecretSpec secret, out byte[] certificate, out byte[] key) =>
        TryReadPair(secret, "cert", "key", out certificate, out key) || TryReadPair(secret, "tls.crt", "tls.key", out certificate, out key);

    /// <summary>The authorities to check client certificates against; false = the Secret has none.</summary>
    public static bool TryReadAuthorities(SecretSpec secret, out byte[] authorities) =>
        TryRead(secret, "cacert", out authorities) || TryRead(secret, "ca.crt", out authorities);

    /// <summary>The lists of revoked certificates; false = the Secret has none.</summary>
    public static bool TryReadRevocations(SecretSpec secret, out byte[] revocations) =>
        TryRead(secret, "crl", out revocations) || TryRead(secret, "ca.crl", out revocations);

    /// <summary>The staple that a Secret of <c>kubernetes.io/tls</c> brings; false = it brings none.</summary>
    public static bool TryReadStaple(SecretSpec secret, out byte[] staple) => TryRead(secret, "tls.ocsp-staple", out staple);

    private static bool TryReadPair(SecretSpec secret, string certificateKey, string keyKey, out byte[] certificate, out byte[] key)
    {
        key = [];
        return TryRead(secret, certificateKey, out certificate) && TryRead(secret, keyKey, out key);
    }

    private static bool TryRead(SecretSpec secret, string name, out byte[] value)
    {
        value = secret.Data.TryGetValue(name, out EquatableArray<byte> bytes) ? bytes.AsSpan().ToArray() : [];
        return value.Length > 0;
    }
}
