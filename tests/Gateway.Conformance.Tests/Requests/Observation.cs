using Gateway.Routing;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>What happened to a request, in the words of the cases; the same for a simulated and a live run. Null = this run cannot say.</summary>
internal sealed record Observation
{
    /// <summary><c>forward</c>, <c>redirect</c>, <c>local_reply</c>, <c>not_found</c>, <c>no_listener</c>, <c>connection_closed</c>, <c>upstream_failure</c>, <c>fault</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>Status the client sees.</summary>
    public int? Status { get; init; }

    /// <summary>Where the request went.</summary>
    public Destination? Destination { get; init; }

    /// <summary>Every destination the request could have gone to, with its share in percent (simulated) or in requests of a hundred (live).</summary>
    public IReadOnlyList<(Destination Destination, double Percent)>? Shares { get; init; }

    /// <summary>One request to each destination that was met; null = only one request was made.</summary>
    public IReadOnlyList<Observation>? ByDestination { get; init; }

    /// <summary>What the backend saw.</summary>
    public UpstreamView? Upstream { get; init; }

    /// <summary>Headers of the answer.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? ResponseHeaders { get; init; }

    /// <summary>Body of an answer that the gateway made.</summary>
    public string? Body { get; init; }

    /// <summary>More for people: why it ended so.</summary>
    public string? Detail { get; init; }

    /// <summary>Name of the route.</summary>
    public string? RouteName { get; init; }

    /// <summary>What the route does beside forwarding, as its compiled form says; null = it was not asked.</summary>
    public ForwardAction? Route { get; init; }

    /// <summary>How the handshake ended: <c>ok</c>, <c>fail</c>.</summary>
    public string? Handshake { get; init; }

    /// <summary>gRPC status of the answer.</summary>
    public string? GrpcStatus { get; init; }
}

/// <summary>A request as the backend sees it.</summary>
internal sealed record UpstreamView
{
    /// <summary>Path with query.</summary>
    public required string Path { get; init; }

    public required string Authority { get; init; }

    /// <summary><c>HTTP/1.1</c>, <c>HTTP/2</c>.</summary>
    public string? Protocol { get; init; }

    /// <summary>Lower-case names.</summary>
    public required IReadOnlyDictionary<string, string[]> Headers { get; init; }

    public bool? Tls { get; init; }

    public string? ServerName { get; init; }

    public string? ClientCertificateSubject { get; init; }

    /// <summary>Against what the backend's certificate is checked; null = this run cannot say.</summary>
    public string? CertificateVerification { get; init; }
}
