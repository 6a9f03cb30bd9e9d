using System.Globalization;
using System.Net;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>What a case sends.</summary>
internal sealed record CaseRequest
{
    private static readonly string[] Known =
        ["port", "protocol", "tls", "sni", "method", "scheme", "authority", "path", "headers", "clientIP", "client", "count"];

    public required int Port { get; init; }

    /// <summary><c>http</c>, <c>http2</c> or <c>grpc</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>Whether TLS is spoken.</summary>
    public required bool IsTls { get; init; }

    public string? ServerName { get; init; }

    public required string Method { get; init; }

    public required string Scheme { get; init; }

    public required string Authority { get; init; }

    /// <summary>Path with query, byte for byte.</summary>
    public required string Path { get; init; }

    /// <summary>Headers; a list of values is sent as that many lines.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    /// <summary>Address of the client.</summary>
    public IPAddress? ClientAddress { get; init; }

    /// <summary>The address a live client connects from: only this machine's own can be chosen.</summary>
    public IPAddress? LiveClientAddress => ClientAddress is { } address && IPAddress.IsLoopback(address) ? address : null;

    /// <summary>Files of the client's certificate and key.</summary>
    public (string Certificate, string Key)? ClientCertificate { get; init; }

    /// <summary>File of the authority that the server's certificate must come from; null = any is taken.</summary>
    public string? Authorities { get; init; }

    /// <summary>Whether the client offers the mesh's own protocol, as a sidecar does that reaches a service by its mesh name.</summary>
    public bool OffersMeshProtocol { get; init; }

    /// <summary>How often it is sent.</summary>
    public required int Count { get; init; }

    /// <summary>Reads it; a key this runner does not know is an error, not nothing.</summary>
    public static CaseRequest Read(ConformanceCase test)
    {
        YamlNode node = test.Request ?? throw new InvalidDataException("the case has no request");
        foreach ((string key, _) in node.Entries())
        {
            if (!Known.Contains(key))
                throw new InvalidDataException($"unsupported request key \"{key}\"");
        }
        string protocol = node.Get("protocol").Text() ?? "http";
        bool tls = node.Get("tls").Text() is not null || protocol == "tls-passthrough";
        bool isTcp = protocol is "tcp" or "tls-passthrough";
        // Bytes are bytes: a request is as good as any others, and its echo says where they went.
        if (isTcp)
            protocol = "http";
        if (protocol is not ("http" or "http2" or "grpc"))
            throw new InvalidDataException($"unsupported protocol \"{protocol}\"");
        return new CaseRequest
        {
            Port = Number(node.Get("port"), tls ? 443 : 80),
            Protocol = protocol,
            IsTls = tls,
            ServerName = node.Get("sni").Text(),
            Method = node.Get("method").Text() ?? (protocol == "grpc" ? "POST" : "GET"),
            Scheme = node.Get("scheme").Text() ?? (tls ? "https" : "http"),
            Authority = node.Get("authority").Text() ?? (isTcp ? "bytes.test" : ""),
            Authorities = node.Get("client", "caCert").Text(),
            OffersMeshProtocol = node.Get("tls").Text() == "mtls" && node.Get("sni").Text()?.StartsWith("outbound_", StringComparison.Ordinal) == true,
            Path = node.Get("path").Text() ?? "/",
            Headers = [.. node.Get("headers").Entries().SelectMany(Lines)],
            ClientAddress = node.Get("clientIP").Text() is { } address ? IPAddress.Parse(address) : null,
            ClientCertificate = node.Get("client", "cert").Text() is { } certificate && node.Get("client", "key").Text() is { } key2 ? (certificate, key2) : null,
            Count = Number(node.Get("count"), 1),
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Lines(KeyValuePair<string, YamlNode> header) =>
        header.Value is YamlSequenceNode
            ? header.Value.Items().Select(value => KeyValuePair.Create(header.Key, value.Text() ?? ""))
            : [KeyValuePair.Create(header.Key, header.Value.Text() ?? "")];

    private static int Number(YamlNode? node, int otherwise) =>
        node.Text() is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
