using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls.OpenSsl;

/// <summary>Certificates on their way from .NET to OpenSSL and back.</summary>
internal static unsafe class OpenSslCertificates
{
    /// <summary>Lets a context show a certificate, with its intermediates, and sign with its key.</summary>
    /// <returns>What the leaf is called in callbacks; the context's.</returns>
    /// <exception cref="CryptographicException">OpenSSL does not take it.</exception>
    public static nint Use(SafeSslContextHandle context, CertificateMaterial material)
    {
        nint certificate = Import(material.Leaf);
        try
        {
            OpenSslLibrary.Check(LibSsl.UseCertificate(context, certificate));
            UseKey(context, material.Leaf);
            foreach (X509Certificate2 next in material.Chain)
            {
                nint issuer = Import(next);
                // On success it is the context's.
                if (LibSsl.Control(context, LibSsl.ControlChainCertificate, 0, issuer) != 1)
                {
                    LibCrypto.FreeCertificate(issuer);
                    OpenSslLibrary.Check(0);
                }
            }

            return certificate;
        }
        finally
        {
            // The context holds its own reference: the pointer stays what it was.
            LibCrypto.FreeCertificate(certificate);
        }
    }

    /// <summary>Copies a native certificate; null = there is none, or it cannot be read.</summary>
    public static X509Certificate2? Read(nint certificate)
    {
        if (certificate == 0)
            return null;
        int length = LibCrypto.WriteCertificate(certificate, null);
        if (length <= 0)
            return null;
        byte[] der = new byte[length];
        fixed (byte* start = der)
        {
            byte* end = start;
            if (LibCrypto.WriteCertificate(certificate, &end) != length)
                return null;
        }

        return X509CertificateLoader.LoadCertificate(der);
    }

    /// <summary>Copies those of a native stack that can be read.</summary>
    public static X509Certificate2Collection ReadAll(nint stack)
    {
        X509Certificate2Collection all = [];
        for (int i = 0; i < LibCrypto.CountOf(stack); i++)
        {
            if (Read(LibCrypto.ItemOf(stack, i)) is { } one)
                all.Add(one);
        }

        return all;
    }

    private static void UseKey(SafeSslContextHandle context, X509Certificate2 leaf)
    {
        using AsymmetricAlgorithm? key = (AsymmetricAlgorithm?)leaf.GetECDsaPrivateKey() ?? leaf.GetRSAPrivateKey();
        byte[] der = key?.ExportPkcs8PrivateKey() ?? throw new CryptographicException("The key is neither RSA nor ECDSA.");
        nint native;
        fixed (byte* start = der)
        {
            byte* end = start;
            native = LibCrypto.ReadPrivateKey(0, &end, der.Length);
            CryptographicOperations.ZeroMemory(der);
        }

        int result = native == 0 ? 0 : LibSsl.UsePrivateKey(context, native);
        LibCrypto.FreePrivateKey(native);
        OpenSslLibrary.Check(result);
        OpenSslLibrary.Check(LibSsl.CheckPrivateKey(context));
    }

    private static nint Import(X509Certificate2 certificate)
    {
        byte[] der = certificate.RawData;
        fixed (byte* start = der)
        {
            byte* end = start;
            nint native = LibCrypto.ReadCertificate(0, &end, der.Length);
            return native != 0 ? native : throw new CryptographicException("OpenSSL: " + OpenSslLibrary.DrainErrors());
        }
    }
}
