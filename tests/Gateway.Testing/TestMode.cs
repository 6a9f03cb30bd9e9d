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

    private static readonly AsyncLocal<string?> TlsHere = new();
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
    public static void UseOpenSsl() => TlsHere.Value = "openssl";

    /// <summary>From here on, in the calling test, TLS is ended by SslStream on event loops.</summary>
    public static void UseSslStreamOnLoops() => TlsHere.Value = "sslstream";

    /// <summary>From here on, in the calling test, traffic is carried by one of <see cref="Transports"/>.</summary>
    public static void Use(string transport) => TransportHere.Value = transport;

    /// <summary>Options for one of <see cref="Transports"/>.</summary>
    internal static DataPlaneOptions On(string transport, DataPlaneOptions options) => options with
    {
        Transport = transport == Sockets ? TransportKind.Sockets : TransportKind.EventLoop,
        UpstreamClient = transport == EventLoop ? UpstreamClientKind.Own : UpstreamClientKind.Yarp,
        EventLoops = 2,
    };

    /// <summary>Lays the mode over options.</summary>
    internal static DataPlaneOptions Apply(DataPlaneOptions options)
    {
        string? tls = TlsHere.Value ?? Environment.GetEnvironmentVariable("GATEWAY_TLS");
        string? transport = TlsHere.Value is not null || tls == "openssl" ? EventLoop : Transport;
        return options with
        {
            Transport = transport switch
            {
                EventLoop or EventLoopAndYarp => TransportKind.EventLoop,
                Sockets => TransportKind.Sockets,
                _ => options.Transport,
            },
            UpstreamClient = transport == EventLoopAndYarp ? UpstreamClientKind.Yarp : options.UpstreamClient,
            Tls = tls switch
            {
                "openssl" => TlsKind.OpenSsl,
                "sslstream" => TlsKind.SslStream,
                _ => options.Tls,
            },
        };
    }
}
