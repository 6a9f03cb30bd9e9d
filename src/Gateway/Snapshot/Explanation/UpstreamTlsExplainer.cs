using Gateway.Clusters;
using Gateway.Tls;

namespace Gateway.Snapshot.Explanation;

/// <summary>Says how a cluster's endpoints are reached by TLS, with the same code that will do it.</summary>
internal static class UpstreamTlsExplainer
{
    /// <summary>What handshakes would be made with; null = plain text.</summary>
    public static UpstreamTlsContext? Prepare(GatewaySnapshot snapshot, ClusterConfig cluster)
    {
        if (cluster.Tls is not { } tls)
            return null;
        var certificates = new CertificateStore(TimeProvider.System) { IsOffline = true };
        certificates.Apply(snapshot.Secrets, [], [tls]);
        return certificates.Find(tls);
    }

    /// <summary>What the upstream sees of it, and what is checked; null = plain text.</summary>
    public static ExplainedTls? Explain(ClusterConfig cluster, UpstreamTlsContext? context, string authority)
    {
        if (cluster.Tls is not { } tls)
            return null;
        string host = UpstreamConnector.HostOf(authority);
        string roots = tls.Authorities switch
        {
            null => "system roots",
            { SecretName: { } secret } named => $"Secret {named.SecretNamespace}/{secret}",
            var file => file.CaFile ?? "",
        };
        bool checksHost = tls is { IsPerHost: true, ChecksHost: true };
        string own = checksHost ? $"SAN {host}" : "";
        string alternatives = checksHost && tls.SubjectAltNames.Contains(host) ? "" : string.Join(", ", tls.SubjectAltNames.Select(name => $"SAN {name}"));
        string names = tls.ChecksNoName ? "any name" : string.Join(" and ", new[] { own, alternatives }.Where(part => part.Length > 0));
        return new ExplainedTls(
            tls.IsPerHost ? host : tls.ServerName,
            tls.SkipsVerification ? "none" : $"{roots}, {names}",
            context?.Client?.Leaf.Subject);
    }
}
