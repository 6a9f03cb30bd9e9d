using System.Text.Json;
using Gateway.Clusters;
using Gateway.Http.Filters.Rbac;
using Gateway.Matching;
using Gateway.Routing;

namespace Gateway.Snapshot.Explanation;

/// <summary>Writes an <see cref="Explanation"/> as JSON, with the keys of the conformance cases where they have one.</summary>
internal static class ExplanationJson
{
    /// <summary>Writes one object; what there is not is left out.</summary>
    public static void Write(Utf8JsonWriter writer, Explanation explanation)
    {
        writer.WriteStartObject();
        writer.WriteString("outcome", explanation.Outcome);
        if (explanation.Status is { } status)
            writer.WriteNumber("status", status);
        WriteText(writer, "flag", explanation.Flag);
        writer.WriteString("reason", explanation.Reason);
        WriteText(writer, "details", explanation.Details);
        WriteSecurity(writer, explanation.Security);
        WriteText(writer, "listener", explanation.Listener);
        WriteText(writer, "filterChain", explanation.FilterChain);
        WriteText(writer, "virtualHost", explanation.VirtualHost);
        if (explanation.Route is { } route)
        {
            writer.WriteStartObject("route");
            WriteRoute(writer, route);
            writer.WriteEndObject();
        }
        if (explanation.Tcp is { } tcp)
        {
            writer.WriteStartObject("tcp");
            WriteOrigin(writer, tcp.Origin);
            writer.WriteEndObject();
        }
        if (explanation.Destination is { } destination)
        {
            writer.WriteStartObject("destination");
            WriteDestination(writer, destination);
            writer.WriteEndObject();
        }
        WriteWeights(writer, explanation.Weights);
        WritePolicies(writer, explanation.Policies);
        WriteUpstream(writer, explanation.Upstream);
        WriteResponse(writer, explanation);
        WriteNearMisses(writer, explanation.NearMisses);
        if (explanation.Known.Count > 0)
        {
            writer.WriteStartArray("known");
            foreach (string known in explanation.Known)
                writer.WriteStringValue(known);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void WriteSecurity(Utf8JsonWriter writer, IReadOnlyList<SecurityStep> steps)
    {
        if (steps.Count == 0)
            return;
        writer.WriteStartArray("security");
        foreach (SecurityStep step in steps)
        {
            writer.WriteStartObject();
            writer.WriteString("step", step.Step);
            writer.WriteString("verdict", step.Verdict);
            if (step.Misses.Count > 0)
            {
                writer.WriteStartArray("passedOver");
                foreach (RbacMiss miss in step.Misses)
                {
                    writer.WriteStartObject();
                    writer.WriteString("rule", miss.Rule);
                    writer.WriteString("failedCondition", miss.FailedCondition);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteRoute(Utf8JsonWriter writer, Route route)
    {
        writer.WriteString("name", route.Name);
        WriteOrigin(writer, route.Origin);
    }

    private static void WriteOrigin(Utf8JsonWriter writer, ConfigOrigin origin)
    {
        writer.WriteString("resource", origin.Resource.ToString());
        writer.WriteString("file", origin.Location.Source);
        writer.WriteNumber("line", origin.Location.Line);
        writer.WriteNumber("column", origin.Location.Column);
        writer.WriteString("field", origin.FieldPath);
    }

    private static void WriteDestination(Utf8JsonWriter writer, ExplainedDestination destination)
    {
        writer.WriteString("host", destination.Host);
        writer.WriteNumber("port", destination.Port);
        if (destination.Subset.Length > 0)
            writer.WriteString("subset", destination.Subset);
        writer.WriteString("cluster", destination.Cluster);
        writer.WriteStartArray("endpoints");
        foreach (string endpoint in destination.Endpoints)
            writer.WriteStringValue(endpoint);
        writer.WriteEndArray();
        PolicyJson.Write(writer, destination.Policy);
    }

    private static void WriteWeights(Utf8JsonWriter writer, IReadOnlyList<ExplainedDestination> weights)
    {
        if (weights.Count == 0)
            return;
        writer.WriteStartArray("weights");
        foreach (ExplainedDestination destination in weights)
        {
            writer.WriteStartObject();
            WriteDestination(writer, destination);
            writer.WriteNumber("percent", Math.Round(destination.Percent, 4));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WritePolicies(Utf8JsonWriter writer, IReadOnlyList<PolicyInForce> policies)
    {
        if (policies.Count == 0)
            return;
        writer.WriteStartArray("policies");
        foreach (PolicyInForce policy in policies)
        {
            writer.WriteStartObject();
            writer.WriteString("policy", policy.Policy);
            writer.WriteString("value", policy.Text);
            if (policy.Origin is { } origin)
                WriteOrigin(writer, origin);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteUpstream(Utf8JsonWriter writer, ExplainedUpstream? upstream)
    {
        if (upstream is null)
            return;
        writer.WriteStartObject("upstream");
        writer.WriteString("path", SecretText.Show(upstream.Path));
        writer.WriteString("authority", upstream.Authority);
        writer.WriteString("protocol", upstream.Protocol);
        if (upstream.Tls is { } tls)
        {
            writer.WriteStartObject("tls");
            writer.WriteString("serverName", tls.ServerName);
            writer.WriteString("verification", tls.Verification);
            WriteText(writer, "clientCertificate", tls.ClientCertificateSubject);
            writer.WriteEndObject();
        }
        WriteHeaders(writer, "headers", upstream.Headers);
        writer.WriteEndObject();
    }

    private static void WriteResponse(Utf8JsonWriter writer, Explanation explanation)
    {
        if (explanation.ResponseHeaders.Count == 0 && explanation.Body is null)
            return;
        writer.WriteStartObject("response");
        WriteHeaders(writer, "headers", explanation.ResponseHeaders);
        WriteText(writer, "body", explanation.Body);
        writer.WriteEndObject();
    }

    /// <summary>A header with several values becomes a list.</summary>
    private static void WriteHeaders(Utf8JsonWriter writer, string key, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        writer.WriteStartObject(key);
        foreach (IGrouping<string, string> header in headers.GroupBy(header => header.Key, header => SecretText.ShowHeader(header.Key, header.Value)))
        {
            string[] values = [.. header];
            if (values.Length == 1)
            {
                writer.WriteString(header.Key, values[0]);
                continue;
            }
            writer.WriteStartArray(header.Key);
            foreach (string value in values)
                writer.WriteStringValue(value);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    private static void WriteNearMisses(Utf8JsonWriter writer, IReadOnlyList<NearMiss> misses)
    {
        if (misses.Count == 0)
            return;
        writer.WriteStartArray("nearMisses");
        foreach (NearMiss miss in misses)
        {
            writer.WriteStartObject();
            WriteRoute(writer, miss.Route);
            writer.WriteString("failedCondition", SecretText.Show(miss.FailedCondition));
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string key, string? value)
    {
        if (value is not null)
            writer.WriteString(key, value);
    }
}
