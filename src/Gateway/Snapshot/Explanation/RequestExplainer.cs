using System.Collections.Immutable;
using Gateway.Config.Diagnostics;
using Gateway.Listeners;
using Gateway.Tls;

namespace Gateway.Snapshot.Explanation;

/// <summary>
/// Says what would become of a request, without sending it: the same functions as the data plane, with a recorder.
/// Pure; a snapshot can be asked from several threads.
/// </summary>
internal static class RequestExplainer
{
    /// <summary>Explains one request.</summary>
    public static Explanation Explain(GatewaySnapshot snapshot, ExplainRequest request)
    {
        if (FindListener(snapshot, request.Port) is not { } listener)
        {
            return new Explanation
            {
                Outcome = "no_listener",
                Reason = $"Nothing listens on port {request.Port}: the connection is refused.",
                Known = [.. snapshot.Listeners.Select(known => $"port {known.Port}").Distinct()],
            };
        }
        if (FindChain(snapshot, listener, request, out string problem) is not { } chain)
        {
            return new Explanation
            {
                Outcome = "connection_closed",
                Reason = problem,
                Flag = "NR",
                Listener = listener.Name,
                Known = [.. listener.FilterChains.SelectMany(known => known.ServerNames.IsEmpty ? ["*"] : known.ServerNames)],
            };
        }
        if (request.IsTls && chain.Tcp is null && new ListenerChains(listener, static _ => null).Find(Routing.RouteTable.HostWithoutPort(request.Authority).ToString(), offersMeshProtocol: true)?.Config is { } own && own != chain)
        {
            if (own.Tls is null || own.Tcp is not null || own.Tls != chain.Tls)
            {
                return new Explanation
                {
                    Outcome = "local_reply",
                    Reason = $"{request.Authority} is another server's ({own.Name}) with another certificate or policy than the one that the server name chose: the client is told to open another connection. With --misdirected-requests 404 it gets 404, as in Istio.",
                    Status = 421,
                    Flag = "NR",
                    Listener = listener.Name,
                    FilterChain = chain.Name,
                    Body = "",
                };
            }
            chain = own;
        }
        return chain.Tcp is { } tcp
            ? TcpExplainer.Explain(snapshot, listener, chain, tcp, request)
            : new RouteExplainer(snapshot, listener, chain, request).Explain();
    }

    private static ListenerConfig? FindListener(GatewaySnapshot snapshot, int port)
    {
        ListenerConfig? found = null;
        foreach (ListenerConfig listener in snapshot.Listeners)
        {
            if (listener.Port == port && (found is null || listener.Bind is null))
                found = listener;
        }
        return found;
    }

    /// <summary>
    /// What the data plane would find in the Secrets when it serves them; null = handshakes can succeed. Files are not
    /// looked at: the machine that explains need not be the one that serves.
    /// </summary>
    private static string? UnusableSecrets(GatewaySnapshot snapshot, DownstreamTlsConfig tls)
    {
        if (tls.Certificates.Append(tls.ClientAuthorities).Any(reference => reference is { SecretName: null }))
            return null;
        var certificates = new CertificateStore(TimeProvider.System) { IsOffline = true };
        ImmutableArray<Diagnostic> findings = certificates.Apply(snapshot.Secrets, [tls]);
        return certificates.Find(tls) is { IsUsable: true } ? null : string.Join(' ', findings.Select(finding => $"{finding.Resource}: {finding.Message}"));
    }

    private static FilterChainConfig? FindChain(GatewaySnapshot snapshot, ListenerConfig listener, ExplainRequest request, out string problem)
    {
        problem = "";
        var chains = new ListenerChains(listener, static _ => null);
        if (!request.IsTls)
        {
            problem = chains.Plain is null ? $"Port {listener.Port} takes TLS only." : "";
            return chains.Plain?.Config;
        }
        if (chains.Find(request.ServerName, request.OffersMeshProtocol)?.Config is not { } found)
        {
            // What TCP carries is not looked into.
            if (chains.Plain is { Config.Tcp: not null } carrier)
                return carrier.Config;
            problem = !chains.HasTls ? $"Port {listener.Port} takes no TLS."
                : !request.OffersMeshProtocol && chains.Find(request.ServerName, offersMeshProtocol: true) is not null
                ? $"The server name {request.ServerName} is reached through AUTO_PASSTHROUGH, which takes only clients that offer one of the mesh's protocols (ALPN istio)."
                : $"No server on port {listener.Port} has the server name {request.ServerName ?? "(none)"}.";
            return null;
        }
        if (found.IsPassthrough)
            return found;
        foreach (CertificateReference certificate in found.Tls!.Certificates)
        {
            if (certificate.SecretName is { } name && !snapshot.Secrets.ContainsKey($"{certificate.SecretNamespace}/{name}"))
            {
                problem = $"The Secret {certificate.SecretNamespace}/{name} of {found.Name} does not exist: the TLS handshake fails.";
                return null;
            }
        }
        if (UnusableSecrets(snapshot, found.Tls) is { } unusable)
        {
            problem = $"{found.Name} has no usable certificate: the TLS handshake fails. {unusable}";
            return null;
        }
        if (found.Tls.ClientCertificate == ClientCertificateMode.Required && !request.HasClientCertificate)
        {
            problem = $"{found.Name} asks for a client certificate: the TLS handshake fails without one.";
            return null;
        }
        return found;
    }
}
