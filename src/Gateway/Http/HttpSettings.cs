using System.Globalization;
using Gateway.Config;
using Gateway.Config.Model;

namespace Gateway.Http;

/// <summary>How a client's certificate is told to the upstream. Istio <c>gatewayTopology.forwardClientCertDetails</c>.</summary>
internal enum ForwardClientCertMode
{
    /// <summary>Whatever the client sent is removed; its certificate, if any, is told. The default at gateways.</summary>
    SanitizeSet,

    /// <summary>The header is removed and nothing is told.</summary>
    Sanitize,

    /// <summary>What the client sent passes.</summary>
    ForwardOnly,

    /// <summary>What the client sent passes and its certificate is appended.</summary>
    AppendForward,

    /// <summary>What the client sent passes, TLS or not.</summary>
    AlwaysForwardOnly,
}

/// <summary>The mesh-wide settings of HTTP traffic, compiled from MeshConfig. Immutable.</summary>
internal sealed class HttpSettings
{
    public HttpSettings(MeshConfig mesh)
    {
        PathNormalization = mesh.PathNormalization;
        NumTrustedProxies = mesh.NumTrustedProxies;
        ServerHeader = mesh.ProxyHeaders.ServerDisabled ? null : mesh.ProxyHeaders.ServerValue;
        SendRequestId = !mesh.ProxyHeaders.RequestIdDisabled;
        SendAttemptCount = !mesh.ProxyHeaders.AttemptCountDisabled;
        SendEnvoyDebugHeaders = !mesh.ProxyHeaders.EnvoyDebugHeadersDisabled;
        SendForwardedHost = mesh.ProxyHeaders.XForwardedHost;
        SendForwardedPort = mesh.ProxyHeaders.XForwardedPort;
        ClientCertDetails = mesh.ProxyHeaders.SetCurrentClientCertDetails;
        ClientCertMode = mesh.ForwardClientCertDetails?.ToUpper(CultureInfo.InvariantCulture) switch
        {
            "SANITIZE" => ForwardClientCertMode.Sanitize,
            "FORWARD_ONLY" => ForwardClientCertMode.ForwardOnly,
            "APPEND_FORWARD" => ForwardClientCertMode.AppendForward,
            "ALWAYS_FORWARD_ONLY" => ForwardClientCertMode.AlwaysForwardOnly,
            _ => ForwardClientCertMode.SanitizeSet,
        };
    }

    /// <summary>How paths are brought to one form.</summary>
    public PathNormalizationType PathNormalization { get; }

    /// <summary>How many proxies in front of us are believed.</summary>
    public int NumTrustedProxies { get; }

    /// <summary>Value of the <c>server</c> response header; null = the backend's passes.</summary>
    public string? ServerHeader { get; }

    /// <summary>Whether x-request-id is made.</summary>
    public bool SendRequestId { get; }

    /// <summary>Whether x-envoy-attempt-count goes upstream.</summary>
    public bool SendAttemptCount { get; }

    /// <summary>Whether x-envoy-original-path and the like are made.</summary>
    public bool SendEnvoyDebugHeaders { get; }

    /// <summary>Whether a host rewrite leaves the client's host in x-forwarded-host.</summary>
    public bool SendForwardedHost { get; }

    /// <summary>Whether x-forwarded-port is made.</summary>
    public bool SendForwardedPort { get; }

    /// <summary>What becomes of x-forwarded-client-cert.</summary>
    public ForwardClientCertMode ClientCertMode { get; }

    /// <summary>What x-forwarded-client-cert says; empty = the default set.</summary>
    public EquatableArray<string> ClientCertDetails { get; }
}
