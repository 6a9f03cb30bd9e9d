using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Hosting;

/// <summary>
/// Where configured ports are really bound: <c>80=8080</c> for one, <c>*=0</c> = all others at any free port.
/// Changes nothing of what the configuration means: routes and redirects speak of the configured ports.
/// </summary>
/// <param name="Ports">Configured port to bound port; 0 = any free one.</param>
/// <param name="OthersAnyFree">Whether ports without a rule are bound at any free port instead of their own number.</param>
internal sealed record PortMap(ImmutableDictionary<int, int> Ports, bool OthersAnyFree)
{
    /// <summary>Every port as configured.</summary>
    public static PortMap Identity { get; } = new(ImmutableDictionary<int, int>.Empty, OthersAnyFree: false);

    /// <summary>Every port at any free one: for tests.</summary>
    public static PortMap AnyFree { get; } = new(ImmutableDictionary<int, int>.Empty, OthersAnyFree: true);

    /// <summary>The port to bind for a configured one; 0 = any free one.</summary>
    public int Bind(int configured) => Ports.GetValueOrDefault(configured, OthersAnyFree ? 0 : configured);

    /// <summary>The same map with one more rule, <c>FROM=TO</c>; null if the text is not one.</summary>
    public PortMap? With(string rule)
    {
        int equals = rule.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !TryPort(rule.AsSpan(equals + 1), lowest: 0, out int to))
            return null;
        ReadOnlySpan<char> from = rule.AsSpan(0, equals);
        if (from is "*")
            return to == 0 ? this with { OthersAnyFree = true } : null;
        return TryPort(from, lowest: 1, out int port) ? this with { Ports = Ports.SetItem(port, to) } : null;
    }

    private static bool TryPort(ReadOnlySpan<char> text, int lowest, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= lowest && port <= 65535;
}
