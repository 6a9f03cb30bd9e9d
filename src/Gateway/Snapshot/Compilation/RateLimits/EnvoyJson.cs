using System.Globalization;
using Gateway.Config.Parsing;

namespace Gateway.Snapshot.Compilation.RateLimits;

/// <summary>Reads parts of Envoy's configuration as protobuf's JSON has them: <c>snake_case</c> or <c>camelCase</c> names.</summary>
internal static class EnvoyJson
{
    /// <summary>A field by its snake_case name; null = not written.</summary>
    public static ConfigNode? Field(this ConfigNode node, string name)
    {
        ConfigNode? value = node[name] ?? (name.Contains('_', StringComparison.Ordinal) ? node[Camel(name)] : null);
        return value is { Kind: not ConfigNodeKind.Null } ? value : null;
    }

    /// <summary>A text; null = not written.</summary>
    public static string? Text(this ConfigNode node, string name) => node.Field(name) is { IsScalar: true } value ? value.Text : null;

    /// <summary>A number; null = not written, or none.</summary>
    public static long? Number(this ConfigNode node, string name) =>
        long.TryParse(node.Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>True or false; null = not written.</summary>
    public static bool? Flag(this ConfigNode node, string name) => node.Text(name) switch
    {
        "true" => true,
        "false" => false,
        _ => null,
    };

    /// <summary>A duration, seconds with an <c>s</c>; null = not written, or none.</summary>
    public static TimeSpan? Duration(this ConfigNode node, string name) =>
        node.Text(name) is { } text && text.EndsWith('s')
        && decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds)
        && seconds < 315_576_000_000m / 10_000
            ? TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : null;

    /// <summary>The fields that are none of those named; what they would do is not done.</summary>
    public static IEnumerable<string> Others(this ConfigNode node, params string[] names) =>
        node.Entries.Where(entry => entry.Value.Kind != ConfigNodeKind.Null && !names.Contains(entry.Key) && !names.Any(name => Camel(name) == entry.Key)).Select(entry => entry.Key);

    private static string Camel(string name) =>
        string.Concat(name.Split('_').Select((part, index) => index == 0 || part.Length == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));
}
