using System.Text.Json;
using Gateway.Clusters;
using Gateway.Tls;

namespace Gateway.Admin;

/// <summary>Live state as JSON.</summary>
internal static class StatusJson
{
    /// <summary>Traffic ports.</summary>
    public static void Listeners(Utf8JsonWriter writer, IReadOnlyList<ListenerStatus> listeners)
    {
        writer.WriteStartArray();
        foreach (ListenerStatus listener in listeners)
        {
            writer.WriteStartObject();
            writer.WriteString("name", listener.Name);
            writer.WriteNumber("port", listener.ConfiguredPort);
            writer.WriteString("address", listener.EndPoint?.ToString());
            writer.WriteNumber("connectionsOpen", listener.Open);
            writer.WriteNumber("connectionsTotal", listener.Total);
            writer.WriteNumber("acceptPauses", listener.Pauses);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>Clusters and endpoints.</summary>
    public static void Clusters(Utf8JsonWriter writer, IReadOnlyList<ClusterStatus> clusters)
    {
        writer.WriteStartArray();
        foreach (ClusterStatus cluster in clusters)
        {
            writer.WriteStartObject();
            writer.WriteString("name", cluster.Name);
            writer.WriteString("protocol", cluster.Protocol);
            writer.WriteString("discovery", cluster.Discovery);
            writer.WriteString("tls", cluster.Tls);
            writer.WriteString("loadBalancer", cluster.LoadBalancer);
            PolicyJson.Write(writer, cluster.Policy);
            writer.WriteStartObject("circuitBreakers");
            foreach (BreakerStatus breaker in cluster.Breakers)
            {
                writer.WriteStartObject(breaker.Name);
                writer.WriteNumber("now", breaker.Now);
                if (breaker.Limit is { } limit)
                    writer.WriteNumber("limit", limit);
                writer.WriteEndObject();
            }
            writer.WriteEndObject();
            writer.WriteStartArray("endpoints");
            foreach (EndpointStatus endpoint in cluster.Endpoints)
            {
                writer.WriteStartObject();
                writer.WriteString("address", endpoint.Address);
                writer.WriteNumber("weight", endpoint.Weight);
                writer.WriteNumber("activeRequests", endpoint.ActiveRequests);
                writer.WriteNumber("requests", endpoint.Requests);
                writer.WriteNumber("connections", endpoint.Connections);
                writer.WriteNumber("connectFailures", endpoint.ConnectFailures);
                if (endpoint.Ejected is { } ejected)
                    writer.WriteString("ejected", ejected);
                if (endpoint.Health is { } health)
                    writer.WriteString("health", health);
                if (endpoint.Locality.Length > 0)
                    writer.WriteString("locality", endpoint.Locality);
                if (endpoint.Priority > 0)
                    writer.WriteNumber("priority", endpoint.Priority);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>Certificates.</summary>
    public static void Certificates(Utf8JsonWriter writer, IReadOnlyList<CertificateStatus> certificates)
    {
        writer.WriteStartArray();
        foreach (CertificateStatus certificate in certificates)
        {
            writer.WriteStartObject();
            writer.WriteString("name", certificate.Name);
            writer.WriteString("subject", certificate.Subject);
            writer.WriteString("issuer", certificate.Issuer);
            writer.WriteString("serialNumber", certificate.SerialNumber);
            Time(writer, "notBefore", certificate.NotBefore);
            Time(writer, "notAfter", certificate.NotAfter);
            writer.WriteStartArray("subjectAltNames");
            foreach (string name in certificate.SubjectAltNames)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteString("error", certificate.Error);
            if (certificate.Order is { } order)
                Order(writer, order);
            if (certificate.Staple is { } staple && (staple.Responder ?? (object?)staple.Until) is not null)
                Staple(writer, staple);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Order(Utf8JsonWriter writer, OrderStatus order)
    {
        writer.WriteStartObject("order");
        writer.WriteString("issuer", order.Issuer);
        writer.WriteStartArray("names");
        foreach (string name in order.Names)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
        Time(writer, "nextRenewal", order.NextRenewal);
        Time(writer, "nextAttempt", order.NextAttempt);
        writer.WriteNumber("failures", order.Failures);
        writer.WriteString("lastError", order.LastError);
        writer.WriteEndObject();
    }

    private static void Staple(Utf8JsonWriter writer, StapleSlot staple)
    {
        writer.WriteStartObject("staple");
        writer.WriteString("responder", staple.Responder?.AbsoluteUri);
        Time(writer, "until", staple.Until);
        writer.WriteString("lastError", staple.Problem);
        writer.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } value)
            writer.WriteString(name, value);
        else
            writer.WriteNull(name);
    }
}
