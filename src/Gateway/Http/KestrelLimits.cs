using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Gateway.Http;

/// <summary>All limits and switches of the HTTP server, in Envoy's sizes. What has no limit here has a deadline elsewhere or is limited by back pressure.</summary>
internal static class KestrelLimits
{
    /// <summary>Envoy's limit of a request's head.</summary>
    public const int MaxHeadersBytes = 60 * 1024;

    /// <summary>Envoy's limit of header lines.</summary>
    public const int MaxHeaders = 100;

    // Without it Kestrel takes a bare LF for the end of a line, which other servers do not.
    private const string DisableLineFeedTerminators = "Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators";

    /// <summary>Must run before the first options object is made: the server reads the switch once.</summary>
    public static void SetSwitches() => AppContext.SetSwitch(DisableLineFeedTerminators, true);

    /// <summary>Sets everything on <paramref name="options"/>.</summary>
    public static void Apply(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        // An absolute target's authority wins over Host (RFC 9112, 3.2.2), as in Envoy.
        options.AllowHostHeaderOverride = true;
        options.AllowSynchronousIO = false;
        // Header bytes pass as they are; UTF-8 would refuse what is not UTF-8.
        options.RequestHeaderEncodingSelector = static name => name.Length switch
        {
            10 when name.Equals(HeaderNames.Connection, StringComparison.OrdinalIgnoreCase) => ConnectionEncoding.Instance,
            14 when name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) => ContentLengthEncoding.Instance,
            _ => Encoding.Latin1,
        };
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        KestrelServerLimits limits = options.Limits;
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeadersBytes;
        // More than the limit, so that a long line is answered with 431 like long headers instead of 414.
        limits.MaxRequestLineSize = 2 * MaxHeadersBytes;
        limits.KeepAliveTimeout = TimeSpan.FromHours(1);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(60);
        // The listeners count connections themselves.
        limits.MaxConcurrentConnections = null;
        limits.MaxConcurrentUpgradedConnections = null;
        limits.Http2.MaxStreamsPerConnection = 1024;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeadersBytes;
        limits.Http2.InitialStreamWindowSize = 1024 * 1024;
        limits.Http2.InitialConnectionWindowSize = 4 * 1024 * 1024;
    }
}
