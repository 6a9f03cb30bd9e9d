using System.Net.Security;

namespace Gateway.Tls.OpenSsl;

/// <summary>OpenSSL's names of cipher suites.</summary>
internal static class OpenSslCipherNames
{
    /// <summary>The suites of TLS 1.3, as OpenSSL takes them in a list.</summary>
    public static string Tls13(IEnumerable<TlsCipherSuite> suites) =>
        string.Join(':', suites.Where(IsTls13).Select(suite => suite.ToString()));

    /// <summary>The suites of TLS 1.2 and before, as OpenSSL takes them in a list.</summary>
    /// <returns>The list; null = one of them has no name here.</returns>
    public static string? Tls12(IEnumerable<TlsCipherSuite> suites)
    {
        List<string> names = [];
        foreach (TlsCipherSuite suite in suites.Where(suite => !IsTls13(suite)))
        {
            if (Name(suite) is not { } name)
                return null;
            names.Add(name);
        }

        return string.Join(':', names);
    }

    private static bool IsTls13(TlsCipherSuite suite) => (int)suite >> 8 == 0x13;

    private static string? Name(TlsCipherSuite suite) => suite switch
    {
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA => "ECDHE-ECDSA-AES128-SHA",
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA => "ECDHE-RSA-AES128-SHA",
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA => "ECDHE-ECDSA-AES256-SHA",
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA => "ECDHE-RSA-AES256-SHA",
        TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256 => "AES128-GCM-SHA256",
        TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384 => "AES256-GCM-SHA384",
        TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA => "AES128-SHA",
        TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA => "AES256-SHA",
        _ => null,
    };
}
