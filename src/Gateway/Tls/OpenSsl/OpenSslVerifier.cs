using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gateway.Tls.OpenSsl;

/// <summary>Asks the validator that <c>SslStream</c> asks, with the chain built as <c>SslStream</c> builds it.</summary>
/// <param name="policy">Whom to trust.</param>
/// <param name="validator">The verdict.</param>
/// <param name="isRequired">Whether a client without a certificate is refused.</param>
internal sealed class OpenSslVerifier(X509ChainPolicy policy, ClientCertificateValidator validator, bool isRequired)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Whether a client without a certificate is refused.</summary>
    public bool IsRequired => isRequired;

    /// <summary>What is wrong with a certificate; null = nothing.</summary>
    /// <param name="leaf">The client's.</param>
    /// <param name="others">What it sent with it.</param>
    public string? Fault(X509Certificate2 leaf, X509Certificate2Collection others)
    {
        using var chain = new X509Chain { ChainPolicy = policy.Clone() };
        if (chain.ChainPolicy.ApplicationPolicy.Count == 0)
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(others);
        bool isTrusted = chain.Build(leaf);
        string? fault = validator.Judge(leaf, chain, isTrusted)?.Text;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (!ReferenceEquals(element.Certificate, leaf))
                element.Certificate.Dispose();
        }

        return fault;
    }
}
