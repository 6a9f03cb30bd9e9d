using Gateway.Testing;

namespace Gateway.Integration.Tests.Tls;

/// <summary>The ways of <c>--tls</c>, and .NET's sockets below the first.</summary>
internal static class TlsWays
{
    public const string OpenSsl = "openssl";
    public const string SslStream = "sslstream";
    private const string Sockets = "sockets";

    /// <summary>All that can be used here.</summary>
    public static TheoryData<string> All =>
        !OperatingSystem.IsLinux() ? [Sockets] : TestMode.HasOpenSsl ? [Sockets, SslStream, OpenSsl] : [Sockets, SslStream];

    /// <summary>From here on, in the calling test, gateways go this way.</summary>
    public static void Use(string way)
    {
        if (way == OpenSsl)
            TestMode.UseOpenSsl();
        else if (way == SslStream)
            TestMode.UseSslStreamOnLoops();
        else
            TestMode.Use(Sockets);
    }
}
