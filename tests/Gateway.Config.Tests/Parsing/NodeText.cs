using System.Text;
using Gateway.Config.Parsing;

namespace Gateway.Config.Tests.Parsing;

/// <summary>A node with all it holds and all its places as a text, so that two can be compared. The fuzzer is built with it too.</summary>
internal static class NodeText
{
    public static string Of(ConfigNode node)
    {
        StringBuilder text = new();
        Append(node, text);
        return text.ToString();
    }

    private static void Append(ConfigNode node, StringBuilder text)
    {
        text.Append(node.Kind).Append('@').Append(node.Location).Append('=').Append(node.Text).Append('(');
        foreach (ConfigEntry entry in node.Entries)
        {
            text.Append(entry.Key).Append('@').Append(entry.KeyLocation).Append(':');
            Append(entry.Value, text);
        }
        foreach (ConfigNode item in node.Items)
            Append(item, text);
        text.Append(')');
    }
}
