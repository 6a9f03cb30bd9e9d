using System.Text;
using System.Text.Json;
using Gateway.Config;
using Gateway.Routing;

namespace Gateway.Admin;

/// <summary>Route tables as JSON.</summary>
internal static class RouteDump
{
    /// <summary>Writes a table as the property <c>routes</c>.</summary>
    public static void Write(Utf8JsonWriter writer, RouteTable table)
    {
        writer.WriteStartObject("routes");
        writer.WriteString("name", table.Name);
        writer.WriteStartArray("virtualHosts");
        foreach (VirtualHost host in table.VirtualHosts)
        {
            writer.WriteStartObject();
            writer.WriteString("name", host.Name);
            writer.WriteString("domain", host.Domain);
            if (host.RequireTls)
                writer.WriteBoolean("requireTls", true);
            writer.WriteStartArray("routes");
            foreach (Route route in host.Routes)
                Route(writer, route);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Writes where the bytes of a connection go as the property <c>tcp</c>.</summary>
    public static void WriteTcp(Utf8JsonWriter writer, TcpAction action)
    {
        writer.WriteStartObject("tcp");
        writer.WriteString("resource", action.Origin.Resource.ToString());
        writer.WriteString("location", action.Origin.Location.ToString());
        writer.WriteString("field", action.Origin.FieldPath);
        writer.WriteStartArray("destinations");
        foreach (WeightedCluster destination in action.Destinations)
        {
            writer.WriteStartObject();
            writer.WriteString("cluster", destination.Cluster);
            writer.WriteNumber("weight", destination.Weight);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Route(Utf8JsonWriter writer, Route route)
    {
        writer.WriteStartObject();
        writer.WriteString("name", route.Name);
        writer.WriteString("resource", route.Origin.Resource.ToString());
        writer.WriteString("location", route.Origin.Location.ToString());
        writer.WriteString("field", route.Origin.FieldPath);
        Match(writer, route.Match);
        switch (route.Action)
        {
            case ForwardAction forward:
                Forward(writer, forward);
                break;
            case RedirectAction redirect:
                Redirect(writer, redirect);
                break;
            case DirectResponseAction direct:
                writer.WriteStartObject("directResponse");
                writer.WriteNumber("status", direct.Status);
                writer.WriteNumber("bodyBytes", direct.Body.Length);
                writer.WriteEndObject();
                break;
        }
        writer.WriteEndObject();
    }

    private static void Match(Utf8JsonWriter writer, RouteMatch match)
    {
        writer.WriteStartObject("match");
        Condition(writer, "path", match.Path?.ToString());
        Condition(writer, "method", match.Method?.ToString());
        Condition(writer, "authority", match.Authority?.ToString());
        Condition(writer, "scheme", match.Scheme?.ToString());
        Conditions(writer, "headers", match.Headers);
        Conditions(writer, "queryParameters", match.QueryParameters);
        Conditions(writer, "claims", [.. match.Claims.Select(claim => new NamedMatcher(claim.Name, claim.Matcher, claim.Invert))]);
        writer.WriteEndObject();
    }

    private static void Condition(Utf8JsonWriter writer, string name, string? matcher)
    {
        if (matcher is not null)
            writer.WriteString(name, matcher);
    }

    private static void Conditions(Utf8JsonWriter writer, string name, EquatableArray<NamedMatcher> matchers)
    {
        if (matchers.IsEmpty)
            return;
        writer.WriteStartArray(name);
        foreach (NamedMatcher matcher in matchers)
            writer.WriteStringValue($"{matcher.Name} {(matcher.Invert ? "not " : "")}{matcher.Matcher}");
        writer.WriteEndArray();
    }

    private static void Forward(Utf8JsonWriter writer, ForwardAction forward)
    {
        writer.WriteStartArray("destinations");
        foreach (WeightedCluster destination in forward.Destinations)
        {
            writer.WriteStartObject();
            writer.WriteString("cluster", destination.Cluster);
            writer.WriteNumber("weight", destination.Weight);
            if (destination.ClusterIndex < 0)
                writer.WriteBoolean("unknown", true);
            if (destination.HostRewrite is not null)
                writer.WriteString("hostRewrite", destination.HostRewrite);
            Operations(writer, "requestHeaders", destination.RequestHeaders);
            Operations(writer, "responseHeaders", destination.ResponseHeaders);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        if (forward.PathRewrite is { } rewrite)
        {
            writer.WriteStartObject("pathRewrite");
            Condition(writer, "prefix", rewrite.Prefix);
            Condition(writer, "regex", rewrite.Regex?.ToString());
            Condition(writer, "replacement", rewrite.Replacement);
            writer.WriteEndObject();
        }
        Policies(writer, forward);
    }

    private static void Policies(Utf8JsonWriter writer, ForwardAction forward)
    {
        IReadOnlyList<PolicyInForce> policies = PolicyDescription.Of(forward);
        if (policies.Count == 0)
            return;
        writer.WriteStartArray("policies");
        foreach (PolicyInForce policy in policies)
        {
            writer.WriteStartObject();
            writer.WriteString("policy", policy.Policy);
            writer.WriteString("value", policy.Text);
            Condition(writer, "location", policy.Origin?.Location.ToString());
            Condition(writer, "field", policy.Origin?.FieldPath);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Redirect(Utf8JsonWriter writer, RedirectAction redirect)
    {
        writer.WriteStartObject("redirect");
        writer.WriteNumber("status", redirect.Status);
        Condition(writer, "scheme", redirect.Scheme);
        Condition(writer, "authority", redirect.Authority);
        if (redirect.Port is { } port)
            writer.WriteNumber("port", port);
        Condition(writer, "path", redirect.Path);
        Condition(writer, "prefixRewrite", redirect.PrefixRewrite);
        writer.WriteEndObject();
    }

    private static void Operations(Utf8JsonWriter writer, string name, EquatableArray<HeaderOperations> levels)
    {
        if (levels.IsEmpty)
            return;
        writer.WriteStartArray(name);
        foreach (HeaderOperations level in levels)
        {
            writer.WriteStartObject();
            if (!level.Remove.IsEmpty)
            {
                writer.WriteStartArray("remove");
                foreach (string header in level.Remove)
                    writer.WriteStringValue(header);
                writer.WriteEndArray();
            }
            Templates(writer, "set", level.Set);
            Templates(writer, "add", level.Add);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Templates(Utf8JsonWriter writer, string name, EquatableArray<HeaderTemplate> templates)
    {
        if (templates.IsEmpty)
            return;
        writer.WriteStartArray(name);
        foreach (HeaderTemplate template in templates)
            writer.WriteStringValue($"{template.Name}: {TextOf(template.Value)}");
        writer.WriteEndArray();
    }

    private static string TextOf(HeaderValueFormat value)
    {
        if (value.Literal is not null)
            return value.Literal;
        StringBuilder text = new();
        foreach (HeaderValuePart part in value.Parts)
        {
            if (part.Operator is null)
                text.Append(part.Text);
            else
                text.Append('%').Append(part.Operator).Append(part.Argument.Length > 0 ? $"({part.Argument})" : "").Append('%');
        }
        return text.ToString();
    }
}
