using System.Text.Json;
using Gateway.Clusters.Discovery;
using Gateway.Streams;

namespace Gateway.Admin;

/// <summary>A name that is kept resolved, as the admin port shows it.</summary>
/// <param name="Host">What is known of it.</param>
/// <param name="Age">Since the latest usable answer; null = there was none.</param>
/// <param name="NextIn">Until the next look-up.</param>
internal sealed record DnsStatus(DnsHost Host, TimeSpan? Age, TimeSpan NextIn);

/// <summary>Egress as JSON.</summary>
internal static class EgressJson
{
    /// <summary>Names.</summary>
    public static void Names(Utf8JsonWriter writer, IReadOnlyList<DnsStatus> names)
    {
        writer.WriteStartArray();
        foreach (DnsStatus status in names)
            Name(writer, status);
        writer.WriteEndArray();
    }

    /// <summary>Refused destinations.</summary>
    public static void Denials(Utf8JsonWriter writer, IReadOnlyList<EgressDenialCount> denials)
    {
        writer.WriteStartArray();
        foreach (EgressDenialCount one in denials)
        {
            writer.WriteStartObject();
            writer.WriteString("host", one.Denial.Host);
            writer.WriteNumber("port", one.Denial.Port);
            writer.WriteString("protocol", one.Denial.Protocol);
            writer.WriteString("serverName", one.Denial.ServerName);
            writer.WriteString("source", one.Denial.Source);
            writer.WriteNumber("count", one.Count);
            writer.WriteString("lastSeen", one.LastSeen);
            writer.WriteString("reason", one.Reason);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void Name(Utf8JsonWriter writer, DnsStatus status)
    {
        DnsHostState state = status.Host.State;
        writer.WriteStartObject();
        writer.WriteString("name", status.Host.Name);
        writer.WriteString("family", status.Host.Options.Family.ToString().ToLowerInvariant());
        Array(writer, "addresses", state.Addresses.Select(address => address.ToString()));
        Array(writer, "aliases", state.Aliases);
        Array(writer, "refused", state.Refused);
        writer.WriteString("outcome", state.Outcome?.ToString() ?? "Pending");
        writer.WriteString("detail", state.Detail);
        writer.WriteBoolean("stale", status.Host.IsStale);
        writer.WriteNumber("failures", state.Failures);
        Seconds(writer, "ageSeconds", status.Age);
        Seconds(writer, "ttlSeconds", status.Age is null ? null : state.Ttl);
        Seconds(writer, "ttlLeftSeconds", status.Age is null ? null : state.Ttl - status.Age);
        Seconds(writer, "nextInSeconds", status.NextIn);
        writer.WriteStartArray("history");
        foreach (DnsChange change in state.History)
        {
            writer.WriteStartObject();
            writer.WriteString("time", change.Time);
            writer.WriteString("what", change.What);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Array(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
            writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    private static void Seconds(Utf8JsonWriter writer, string name, TimeSpan? time)
    {
        if (time is { } value)
            writer.WriteNumber(name, Math.Round(value.TotalSeconds, 1));
        else
            writer.WriteNull(name);
    }
}
