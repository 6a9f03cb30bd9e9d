using System.Net.Security;

namespace Gateway.Tls;

/// <summary>Cipher suites that go with ECDSA certificates: those of TLS 1.2 that can be offered here, and all of TLS 1.3 as one.</summary>
[Flags]
internal enum EcdsaSuites
{
    /// <summary>No suite.</summary>
    None = 0,

    /// <summary>Any of TLS 1.3: they leave open how the server signs.</summary>
    Tls13 = 1,

    /// <summary>ECDHE-ECDSA-AES128-GCM-SHA256.</summary>
    Aes128Gcm = 2,

    /// <summary>ECDHE-ECDSA-AES256-GCM-SHA384.</summary>
    Aes256Gcm = 4,

    /// <summary>ECDHE-ECDSA-CHACHA20-POLY1305.</summary>
    ChaCha20 = 8,

    /// <summary>ECDHE-ECDSA-AES128-SHA.</summary>
    Aes128Cbc = 16,

    /// <summary>ECDHE-ECDSA-AES256-SHA.</summary>
    Aes256Cbc = 32,
}

/// <summary>Reads suites into the set.</summary>
internal static class EcdsaSuiteSet
{
    /// <summary>The member that a suite is.</summary>
    public static EcdsaSuites Of(ushort suite) => (TlsCipherSuite)suite switch
    {
        >= TlsCipherSuite.TLS_AES_128_GCM_SHA256 and <= TlsCipherSuite.TLS_AES_128_CCM_8_SHA256 => EcdsaSuites.Tls13,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => EcdsaSuites.Aes128Gcm,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => EcdsaSuites.Aes256Gcm,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => EcdsaSuites.ChaCha20,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA => EcdsaSuites.Aes128Cbc,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA => EcdsaSuites.Aes256Cbc,
        _ => EcdsaSuites.None,
    };
}
