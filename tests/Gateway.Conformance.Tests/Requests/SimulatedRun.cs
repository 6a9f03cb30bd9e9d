using System.Net;
using Gateway.Routing;
using Gateway.Snapshot;
using Gateway.Snapshot.Explanation;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>A request explained instead of sent.</summary>
internal static class SimulatedRun
{
    /// <summary>From the documentation range: a client that is not on this machine.</summary>
    private static readonly IPAddress SomeClient = IPAddress.Parse("192.0.2.1");

    public static Observation Observe(GatewaySnapshot snapshot, CaseRequest request)
    {
        Explanation explanation = RequestExplainer.Explain(snapshot, new ExplainRequest
        {
            Method = request.Method,
            Port = request.Port,
            IsTls = request.IsTls,
            ServerName = request.ServerName,
            HasClientCertificate = request.ClientCertificate is not null,
            OffersMeshProtocol = request.OffersMeshProtocol,
            IsHttp1 = request.Protocol == "http",
            Authority = request.Authority,
            Target = request.Path,
            Headers = request.Headers,
            ClientAddress = request.ClientAddress ?? SomeClient,
        });
        return new Observation
        {
            Outcome = explanation.Outcome,
            Status = explanation.Status ?? (explanation.Outcome == "forward" ? 200 : null),
            Destination = explanation.Destination is { } destination ? Read(destination) : null,
            Shares = Shares(explanation),
            Upstream = explanation.Upstream is { } upstream ? Read(upstream) : null,
            ResponseHeaders = explanation.ResponseHeaders,
            // What an answer to HEAD would have as its body is not sent.
            Body = request.Method == "HEAD" ? null : explanation.Body,
            Detail = $"{explanation.Reason} {string.Join(", ", explanation.Known)}",
            RouteName = explanation.Route?.Name,
            Route = explanation.Route?.Action as ForwardAction,
        };
    }

    private static IReadOnlyList<(Destination, double)> Shares(Explanation explanation)
    {
        if (explanation.Weights.Count > 0)
            return [.. explanation.Weights.Select(weight => (Read(weight), weight.Percent))];
        return explanation.Destination is { } only ? [(Read(only), 100)] : [];
    }

    private static Destination Read(ExplainedDestination destination) => new(destination.Host, destination.Port, destination.Subset);

    private static UpstreamView Read(ExplainedUpstream upstream) => new()
    {
        Path = upstream.Path,
        Authority = upstream.Authority,
        Protocol = upstream.Protocol,
        Tls = upstream.Tls is not null,
        ServerName = upstream.Tls?.ServerName,
        ClientCertificateSubject = upstream.Tls?.ClientCertificateSubject,
        CertificateVerification = upstream.Tls?.Verification,
        Headers = upstream.Headers.GroupBy(header => header.Key, header => header.Value).ToDictionary(header => header.Key, header => header.ToArray()),
    };
}
