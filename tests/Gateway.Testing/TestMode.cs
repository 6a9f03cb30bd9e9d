using Gateway.Hosting;
using Gateway.Tls.OpenSsl;

namespace Gateway.Testing;

/// <summary>
/// What carries the traffic of gateways in tests that leave it open: <c>GATEWAY_TRANSPORT</c> (sockets or event-loop)
/// and <c>GATEWAY_TLS</c> (sslstream or openssl, which takes event loops along); a test class may set its own.
/// </summary>
public static class TestMode
{
    private static readonly AsyncLocal<bool> OpenSslHere = new();

    /// <summary>Whether OpenSSL can be called here at all.</summary>
    public static bool HasOpenSsl => OpenSslLibrary.Problem is null;

    /// <summary>From here on, in the calling test, TLS is ended by OpenSSL on event loops.</summary>
    public static void UseOpenSsl() => OpenSslHere.Value = true;

    /// <summary>Lays the mode over options.</summary>
    internal static DataPlaneOptions Apply(DataPlaneOptions options)
    {
        bool openSsl = OpenSslHere.Value || Environment.GetEnvironmentVariable("GATEWAY_TLS") == "openssl";
        if (openSsl || Environment.GetEnvironmentVariable("GATEWAY_TRANSPORT") == "event-loop")
            options = options with { Transport = TransportKind.EventLoop };
        else if (Environment.GetEnvironmentVariable("GATEWAY_TRANSPORT") == "sockets")
            options = options with { Transport = TransportKind.Sockets };
        if (openSsl)
            return options with { Tls = TlsKind.OpenSsl };
        return Environment.GetEnvironmentVariable("GATEWAY_TLS") == "sslstream" ? options with { Tls = TlsKind.SslStream } : options;
    }
}
