using System.Text.Json;

namespace Gateway.Clusters;

/// <summary>Writes what a cluster's policy says and where it comes from.</summary>
internal static class PolicyJson
{
    /// <summary>Writes a member <c>policy</c>, if there is any.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyCollection<PolicyOrigin> policy)
    {
        if (policy.Count == 0)
            return;
        writer.WriteStartObject("policy");
        foreach (PolicyOrigin origin in policy)
        {
            writer.WriteStartObject(origin.Part);
            writer.WriteString("value", origin.Text);
            if (origin.Resource is not null)
                writer.WriteString("origin", $"{origin.Resource} {origin.Location}");
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
