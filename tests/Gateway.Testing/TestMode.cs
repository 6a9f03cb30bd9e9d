using Gateway.Hosting;
using Gateway.Tls.OpenSsl;

namespace Gateway.Testing;

/// <summary>
/// What carries the traffic of gateways in tests that leave it open: <c>GATEWAY_TRANSPORT</c> (<c>event-loop</c>,
/// <c>event-loop+yarp</c> for YARP as the HTTP/1.1 client, or <c>sockets</c>) and <c>GATEWAY_TLS</c> (<c>sslstream</c> or
/// <c>openssl</c>, which takes event loops along); a test may set its own.
/// </summary>
public static class TestMode
{
    private const string EventLoop = "event-loop";
    private const string EventLoopAndYarp = "event-loop+yarp";
    private const string Sockets = "sockets";

    private static readonly AsyncLocal<bool> OpenSslHere = new();
    private static readonly AsyncLocal<string?> TransportHere = new();

    /// <summary>All transports with their clients.</summary>
    public static readonly IReadOnlyList<string> Transports = [EventLoop, EventLoopAndYarp, Sockets];

    /// <summary>Whether OpenSSL can be called here at all.</summary>
    public static bool HasOpenSsl => OpenSslLibrary.Problem is null;

    /// <summary>Options of the program that say the same; empty where the environment leaves it open.</summary>
    public static string[] Arguments => Transport switch
    {
        null => [],
        EventLoopAndYarp => ["--transport", EventLoop, "--upstream-client", "yarp"],
        { } transport => ["--transport", transport],
    };

    private static string? Transport => TransportHere.Value ?? Environment.GetEnvironmentVariable("GATEWAY_TRANSPORT");

    /// <summary>From here on, in the calling test, TLS is ended by OpenSSL on event loops.</summary>
    public static void UseOpenSsl() => OpenSslHere.Value = true;

    /// <summary>From here on, in the calling test, traffic is carried by one of <see cref="Transports"/>.</summary>
    public static void Use(string transport) => TransportHere.Value = transport;

    /// <summary>Lays the mode over options.</summary>
    internal static DataPlaneOptions Apply(DataPlaneOptions options)
    {
        bool openSsl = OpenSslHere.Value || Environment.GetEnvironmentVariable("GATEWAY_TLS") == "openssl";
        options = Transport switch
        {
            EventLoop => options with { Transport = TransportKind.EventLoop },
            EventLoopAndYarp => options with { Transport = TransportKind.EventLoop, UpstreamClient = UpstreamClientKind.Yarp },
            Sockets => options with { Transport = TransportKind.Sockets },
            null or "" => options,
            { } unknown => throw new InvalidDataException($"GATEWAY_TRANSPORT: {unknown} is none of {string.Join(", ", Transports)}."),
        };
        if (openSsl)
            return options with { Transport = TransportKind.EventLoop, Tls = TlsKind.OpenSsl };
        return Environment.GetEnvironmentVariable("GATEWAY_TLS") == "sslstream" ? options with { Tls = TlsKind.SslStream } : options;
    }
}
