using System.Globalization;
using Gateway.Conformance.Tests.Cases;
using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Requests;

/// <summary>A destination as cases name it.</summary>
/// <param name="Host">Full host name.</param>
/// <param name="Port">Service port; null = not said.</param>
/// <param name="Subset">Subset; empty = none, null = not said.</param>
internal sealed record Destination(string Host, int? Port, string? Subset)
{
    /// <summary>Reads <c>host</c>, <c>port</c>, <c>subset</c>.</summary>
    public static Destination Read(YamlNode node) => new(
        node.Get("host").Text() ?? throw new InvalidDataException("a destination has no host"),
        node.Get("port").Text() is { } port ? int.Parse(port, CultureInfo.InvariantCulture) : null,
        node.Get("subset").Text());

    /// <summary>Reads a cluster's name, <c>outbound|PORT|SUBSET|HOST</c>.</summary>
    public static Destination OfCluster(string name)
    {
        string[] parts = name.Split('|');
        return new Destination(parts[3], int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2]);
    }

    /// <summary>Whether everything that this one says is so in <paramref name="actual"/>.</summary>
    public bool Covers(Destination actual) =>
        Host == actual.Host && (Port ?? actual.Port) == actual.Port && (Subset ?? actual.Subset) == actual.Subset;

    /// <inheritdoc/>
    public override string ToString() => $"{Host}:{Port}{(string.IsNullOrEmpty(Subset) ? "" : "/" + Subset)}";
}
