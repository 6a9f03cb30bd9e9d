using Gateway.Testing;

namespace Gateway.Tests.Hosting;

/// <summary>All of <see cref="TlsTests"/> once more, with handshakes by OpenSSL on event loops.</summary>
public sealed class TlsByOpenSslTests : TlsTests
{
    public TlsByOpenSslTests() => TestMode.UseOpenSsl();
}

/// <summary>All of <see cref="TlsTests"/> once more, with handshakes by SslStream on event loops.</summary>
public sealed class TlsBySslStreamOnLoopsTests : TlsTests
{
    public TlsBySslStreamOnLoopsTests() => TestMode.UseSslStreamOnLoops();
}
