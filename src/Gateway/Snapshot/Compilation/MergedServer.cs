using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>One server of a Gateway on one port that it is really bound to.</summary>
internal sealed class MergedServer
{
    /// <summary>The server as written.</summary>
    public required Server Spec { get; init; }

    /// <summary>The Gateway.</summary>
    public required Resource<GatewaySpec> Gateway { get; init; }

    /// <summary>Where it stands in the Gateway: <c>spec.servers[0]</c>.</summary>
    public required string FieldPath { get; init; }

    /// <summary>Its hosts with <c>./</c> replaced and <c>*/</c> cut.</summary>
    public required EquatableArray<string> Hosts { get; init; }

    /// <summary>Its port by configuration: what <c>match.port</c> and <c>derivePort</c> mean.</summary>
    public required int Port { get; init; }

    /// <summary>The port it is bound to: a Service's targetPort, else <see cref="Port"/>.</summary>
    public required int BoundPort { get; init; }

    /// <summary>Its protocol.</summary>
    public required ServiceProtocol Protocol { get; init; }

    /// <summary>Istio's route configuration; null for servers that carry no HTTP that can be seen.</summary>
    public required string? RouteName { get; init; }

    /// <summary>The Gateway as VirtualServices name it, <c>namespace/name</c>.</summary>
    public string GatewayName => $"{Gateway.Metadata.Namespace}/{Gateway.Metadata.Name}";

    /// <summary>Address to bind; empty = all.</summary>
    public string Bind => Spec.Bind is null or "0.0.0.0" ? "" : Spec.Bind;

    /// <summary>Whether it speaks TLS to clients, whoever ends it.</summary>
    public bool IsTls => Spec.Tls is not null && !Protocol.IsHttp();

    /// <summary>Whether HTTP is seen here: in plain text, or after ending TLS.</summary>
    public bool IsHttp => Protocol.IsHttp() || (Protocol == ServiceProtocol.Https && !IsPassthrough(Spec.Tls));

    /// <summary>Whether TLS passes unopened; the default of a <c>tls</c> block without a mode.</summary>
    public static bool IsPassthrough(ServerTlsSettings? tls) =>
        tls is not null && (tls.Mode ?? ServerTlsMode.Passthrough) is ServerTlsMode.Passthrough or ServerTlsMode.AutoPassthrough;
}
