using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gateway.Tls;

/// <summary>
/// A certificate that is ready for handshakes. The same object while its bytes do not change, as session resumption depends on
/// it; nothing in it changes but its staple.
/// </summary>
internal sealed class CertificateMaterial
{
    private readonly bool _offline;

    private CertificateMaterial(byte[] fingerprint, X509Certificate2 leaf, X509Certificate2Collection others)
    {
        Fingerprint = fingerprint;
        Leaf = leaf;
        Chain = others;
        IsEcdsa = leaf.GetECDsaPublicKey() is not null;
        Context = SslStreamCertificateContext.Create(leaf, others, offline: true);
        Staple = new StapleSlot(leaf, IssuerOf(leaf, others, out bool isComplete));
        // The platform asks the responder by itself unless told to stay offline, but then it also fetches missing
        // authorities while the context is made, which can take as long as their servers please: only complete chains go online.
        _offline = !isComplete || Staple.Responder is null;
    }

    /// <summary>Hash of the texts it was made from: equal means nothing changed.</summary>
    public byte[] Fingerprint { get; }

    /// <summary>The certificate with its key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>What stands after the leaf, in its order: clients of OpenSSL are shown just that, be it more or less than a chain needs.</summary>
    public X509Certificate2Collection Chain { get; }

    /// <summary>Leaf and intermediates, as the platform finds them: no root.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>What OpenSSL is given to show of the certificate's revocation.</summary>
    public StapleSlot Staple { get; }

    /// <summary>Whether the key is ECDSA.</summary>
    public bool IsEcdsa { get; }

    /// <summary>Leaf and intermediates anew, with new ticket keys, for servers whose handshakes <c>SslStream</c> makes; it gets its staples by itself.</summary>
    public SslStreamCertificateContext MakeForSslStream() => SslStreamCertificateContext.Create(Leaf, Chain, _offline);

    /// <summary>Hash to compare by before parsing again.</summary>
    public static byte[] Hash(byte[] certificate, byte[] key) => SHA256.HashData([.. SHA256.HashData(certificate), .. SHA256.HashData(key)]);

    /// <summary>Parses PEM texts.</summary>
    /// <param name="certificate">Leaf first, then intermediates.</param>
    /// <param name="key">Its key, not encrypted.</param>
    /// <param name="now">To refuse what has expired.</param>
    /// <param name="error">What is wrong; never holds key material.</param>
    public static CertificateMaterial? TryParse(byte[] certificate, byte[] key, DateTimeOffset now, out string error)
    {
        error = "";
        X509Certificate2? leaf = null;
        try
        {
            string text = Encoding.UTF8.GetString(certificate);
            leaf = X509Certificate2.CreateFromPem(text, Encoding.UTF8.GetString(key));
            DateTime expiry = leaf.NotAfter.ToUniversalTime();
            if (expiry <= now.UtcDateTime)
                error = $"The certificate expired on {expiry:yyyy-MM-dd}.";
            if (error.Length == 0)
            {
                X509Certificate2Collection chain = [];
                chain.ImportFromPem(text);
                chain.RemoveAt(0);
                return new CertificateMaterial(Hash(certificate, key), leaf, chain);
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException { InnerException: ArgumentException })
        {
            // What CreateFromPem says when public keys differ, for elliptic curves and for RSA.
            error = "The key does not belong to the certificate.";
        }
        catch (CryptographicException)
        {
            error = "The certificate or its key is not valid PEM.";
        }
        leaf?.Dispose();
        return null;
    }

    private static X509Certificate2? IssuerOf(X509Certificate2 leaf, X509Certificate2Collection others, out bool isComplete)
    {
        using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true } };
        chain.ChainPolicy.ExtraStore.AddRange(others);
        chain.Build(leaf);
        isComplete = !chain.ChainStatus.Any(status => status.Status == X509ChainStatusFlags.PartialChain);
        return chain.ChainElements.Count > 1 ? chain.ChainElements[1].Certificate : null;
    }
}
