using System.Security.Cryptography.X509Certificates;

namespace Gateway.Testing.Echo;

/// <summary>How an echo server ends TLS.</summary>
/// <param name="Certificate">Its certificate.</param>
/// <param name="ClientAuthority">Asks clients for a certificate of this authority; null = does not ask.</param>
public sealed record EchoTls(X509Certificate2 Certificate, X509Certificate2? ClientAuthority);
