using System.Text.Json;

namespace Gateway.Clusters;

/// <summary>Writes where a cluster's policy comes from.</summary>
internal static class PolicyJson
{
    /// <summary>Writes a member <c>policy</c>, if there is any.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyCollection<PolicyOrigin> policy)
    {
        if (policy.Count == 0)
            return;
        writer.WriteStartObject("policy");
        foreach (PolicyOrigin origin in policy)
            writer.WriteString(origin.Part, $"{origin.Resource} {origin.Location}");
        writer.WriteEndObject();
    }
}
