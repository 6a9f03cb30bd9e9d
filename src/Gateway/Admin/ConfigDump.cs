using System.Text.Json;
using Gateway.Clusters;
using Gateway.Config.Model;
using Gateway.Listeners;
using Gateway.Snapshot;
using Gateway.Tls;

namespace Gateway.Admin;

/// <summary>The snapshot in force as JSON. Of secrets only their names and the names of their keys.</summary>
internal static class ConfigDump
{
    /// <summary>Writes everything.</summary>
    public static void Write(Utf8JsonWriter writer, ConfigStatus config)
    {
        writer.WriteStartObject();
        writer.WriteNumber("generation", config.Generation);
        writer.WriteString("time", config.Time);
        if (config.Snapshot is { } snapshot)
        {
            writer.WriteStartArray("listeners");
            foreach (ListenerConfig listener in snapshot.Listeners)
                Listener(writer, listener);
            writer.WriteEndArray();
            writer.WriteStartArray("clusters");
            foreach (ClusterAssignment cluster in snapshot.Clusters)
                Cluster(writer, cluster);
            writer.WriteEndArray();
            writer.WriteStartArray("securityPolicies");
            foreach (string policy in snapshot.Security.Policies)
                writer.WriteStringValue(policy);
            writer.WriteEndArray();
            Secrets(writer, snapshot);
            Mesh(writer, snapshot.Mesh);
        }
        writer.WriteEndObject();
    }

    private static void Listener(Utf8JsonWriter writer, ListenerConfig listener)
    {
        writer.WriteStartObject();
        writer.WriteString("name", listener.Name);
        writer.WriteString("bind", listener.Bind);
        writer.WriteNumber("port", listener.Port);
        writer.WriteStartArray("filterChains");
        foreach (FilterChainConfig chain in listener.FilterChains)
        {
            writer.WriteStartObject();
            writer.WriteString("name", chain.Name);
            if (!chain.ServerNames.IsEmpty)
            {
                writer.WriteStartArray("serverNames");
                foreach (string name in chain.ServerNames)
                    writer.WriteStringValue(name);
                writer.WriteEndArray();
            }
            if (chain.Tls is { } tls)
                Tls(writer, tls);
            if (chain.IsPassthrough)
                writer.WriteBoolean("passthrough", true);
            if (chain.Tcp is { } tcp)
                RouteDump.WriteTcp(writer, tcp);
            else
                RouteDump.Write(writer, chain.Routes);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Tls(Utf8JsonWriter writer, DownstreamTlsConfig tls)
    {
        writer.WriteStartObject("tls");
        writer.WriteStartArray("certificates");
        foreach (CertificateReference certificate in tls.Certificates)
            Reference(writer, certificate);
        writer.WriteEndArray();
        writer.WriteString("clientCertificate", tls.ClientCertificate.ToString());
        if (tls.ClientAuthorities is { } authorities)
        {
            writer.WritePropertyName("clientAuthorities");
            Reference(writer, authorities);
        }
        writer.WriteString("protocols", tls.Protocols.ToString());
        writer.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter writer, CertificateReference reference)
    {
        writer.WriteStartObject();
        if (reference.SecretName is not null)
            writer.WriteString("secret", $"{reference.SecretNamespace}/{reference.SecretName}");
        if (reference.CertificateFile is not null)
            writer.WriteString("certificateFile", reference.CertificateFile);
        if (reference.KeyFile is not null)
            writer.WriteString("keyFile", reference.KeyFile);
        if (reference.CaFile is not null)
            writer.WriteString("caFile", reference.CaFile);
        writer.WriteEndObject();
    }

    private static void UpstreamTls(Utf8JsonWriter writer, UpstreamTlsConfig tls)
    {
        writer.WriteStartObject("tls");
        writer.WriteString("serverName", tls.ServerName);
        if (tls.ClientCertificate is { } certificate)
        {
            writer.WritePropertyName("clientCertificate");
            Reference(writer, certificate);
        }
        if (tls.Authorities is { } authorities)
        {
            writer.WritePropertyName("authorities");
            Reference(writer, authorities);
        }
        writer.WriteStartArray("subjectAltNames");
        foreach (string name in tls.SubjectAltNames)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
        writer.WriteBoolean("checksHost", tls is { IsPerHost: true, ChecksHost: true });
        writer.WriteBoolean("skipsVerification", tls.SkipsVerification);
        if (tls.Unavailable is { } why)
            writer.WriteString("unavailable", why);
        writer.WriteEndObject();
    }

    private static void Cluster(Utf8JsonWriter writer, ClusterAssignment assignment)
    {
        ClusterConfig cluster = assignment.Config;
        writer.WriteStartObject();
        writer.WriteString("name", cluster.Name);
        writer.WriteString("host", cluster.Host);
        writer.WriteNumber("port", cluster.Port);
        if (cluster.Subset.Length > 0)
            writer.WriteString("subset", cluster.Subset);
        writer.WriteString("protocol", cluster.Protocol.ToString());
        writer.WriteString("discovery", cluster.Discovery.ToString());
        writer.WriteNumber("connectTimeoutMilliseconds", (long)cluster.ConnectTimeout.TotalMilliseconds);
        writer.WriteString("loadBalancer", cluster.LoadBalancer.Algorithm.ToString());
        if (cluster.Tls is { } tls)
            UpstreamTls(writer, tls);
        PolicyJson.Write(writer, assignment.Policy);
        writer.WriteStartArray("endpoints");
        foreach (EndpointConfig endpoint in assignment.Endpoints)
        {
            writer.WriteStartObject();
            writer.WriteString("address", endpoint.Address);
            writer.WriteNumber("port", endpoint.Port);
            writer.WriteNumber("weight", endpoint.Weight);
            if (endpoint.Locality.Length > 0)
                writer.WriteString("locality", endpoint.Locality);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Secrets(Utf8JsonWriter writer, GatewaySnapshot snapshot)
    {
        writer.WriteStartArray("secrets");
        foreach ((string name, Resource<SecretSpec> secret) in snapshot.Secrets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("type", secret.Spec.Type);
            writer.WriteStartObject("data");
            foreach ((string key, _) in secret.Spec.Data)
                writer.WriteString(key, "[redacted]");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Mesh(Utf8JsonWriter writer, MeshConfig mesh)
    {
        writer.WriteStartObject("mesh");
        writer.WriteString("rootNamespace", mesh.RootNamespace);
        writer.WriteString("trustDomain", mesh.TrustDomain);
        writer.WriteString("accessLogFile", mesh.AccessLogFile);
        writer.WriteString("accessLogEncoding", mesh.AccessLogEncoding.ToString().ToUpperInvariant());
        writer.WriteString("pathNormalization", mesh.PathNormalization.ToString());
        writer.WriteNumber("numTrustedProxies", mesh.NumTrustedProxies);
        writer.WriteNumber("connectTimeoutMilliseconds", (long)mesh.ConnectTimeout.TotalMilliseconds);
        writer.WriteEndObject();
    }
}
