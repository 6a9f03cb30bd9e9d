using System.Collections.Immutable;
using System.Globalization;

namespace Gateway.Hosting;

/// <summary>
/// Where configured ports are really bound: <c>80=8080</c> for one, <c>*=0</c> for all others (0 = any free port).
/// Changes nothing of what the configuration means: routes and redirects speak of the configured ports.
/// </summary>
internal sealed class PortMap
{
    private readonly ImmutableDictionary<int, int> _ports;
    private readonly int? _others;

    private PortMap(ImmutableDictionary<int, int> ports, int? others)
    {
        _ports = ports;
        _others = others;
    }

    /// <summary>Every port as configured.</summary>
    public static PortMap Identity { get; } = new(ImmutableDictionary<int, int>.Empty, null);

    /// <summary>Every port at any free one: for tests.</summary>
    public static PortMap AnyFree { get; } = new(ImmutableDictionary<int, int>.Empty, 0);

    /// <summary>The port to bind for a configured one.</summary>
    public int Bind(int configured) => _ports.TryGetValue(configured, out int port) ? port : _others ?? configured;

    /// <summary>The same map with one more rule, <c>FROM=TO</c>; null if the text is not one.</summary>
    public PortMap? With(string rule)
    {
        int equals = rule.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !TryPort(rule.AsSpan(equals + 1), lowest: 0, out int to))
            return null;
        ReadOnlySpan<char> from = rule.AsSpan(0, equals);
        if (from is "*")
            return new PortMap(_ports, to);
        return TryPort(from, lowest: 1, out int port) ? new PortMap(_ports.SetItem(port, to), _others) : null;
    }

    private static bool TryPort(ReadOnlySpan<char> text, int lowest, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= lowest && port <= 65535;
}
