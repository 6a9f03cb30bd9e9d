using System.Net.Security;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>The cipher suites of a chain's handshakes, from OpenSSL's names as Istio takes them.</summary>
internal static class CipherSuiteTable
{
    private static readonly TlsCipherSuite[] Tls13 =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
    ];

    // Envoy's list for TLS 1.2: forward secrecy and AEAD only.
    private static readonly TlsCipherSuite[] Tls12 =
    [
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];

    /// <summary>Those of TLS 1.3, which are not configurable, and those named for 1.2; the default list if none of the names is known.</summary>
    public static IReadOnlyList<TlsCipherSuite> Of(EquatableArray<string> names)
    {
        List<TlsCipherSuite> chosen = [.. names.Select(Find).OfType<TlsCipherSuite>().Distinct()];
        return [.. Tls13, .. chosen.Count > 0 ? chosen : (IEnumerable<TlsCipherSuite>)Tls12];
    }

    /// <summary>A suite by OpenSSL's name; null = it cannot be offered here.</summary>
    public static TlsCipherSuite? Find(string name) => name switch
    {
        "ECDHE-ECDSA-AES128-GCM-SHA256" => TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-RSA-AES128-GCM-SHA256" => TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        "ECDHE-ECDSA-AES256-GCM-SHA384" => TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-RSA-AES256-GCM-SHA384" => TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        "ECDHE-ECDSA-CHACHA20-POLY1305" => TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305" => TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-AES128-SHA" => TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
        "ECDHE-RSA-AES128-SHA" => TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
        "ECDHE-ECDSA-AES256-SHA" => TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
        "ECDHE-RSA-AES256-SHA" => TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
        "AES128-GCM-SHA256" => TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,
        "AES256-GCM-SHA384" => TlsCipherSuite.TLS_RSA_WITH_AES_256_GCM_SHA384,
        "AES128-SHA" => TlsCipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA,
        "AES256-SHA" => TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA,
        _ => null,
    };
}
