using System.Collections.Frozen;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Gateway.Clusters.Discovery;

/// <summary>The addresses of this machine. Read anew after some time: interfaces come and go. Thread-safe.</summary>
internal sealed class OwnAddresses(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);

    private volatile Content? _content;

    /// <summary>Whether an address is one of this machine's.</summary>
    public bool Contains(IPAddress address)
    {
        Content? content = _content;
        if (content is null || time.GetElapsedTime(content.ReadAt) > Fresh)
            _content = content = new Content(time.GetTimestamp(), All().ToFrozenSet());
        return content.Addresses.Contains(address);
    }

    /// <summary>Whether it has an IPv6 address that others can reach.</summary>
    public static bool HasIPv6() => Socket.OSSupportsIPv6 && All().Any(address =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv6LinkLocal && !IPAddress.IsLoopback(address));

    private static IEnumerable<IPAddress> All()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(one => one.GetIPProperties().UnicastAddresses)
                .Select(unicast => unicast.Address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } scoped ? new IPAddress(scoped.GetAddressBytes()) : unicast.Address)];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }

    private sealed record Content(long ReadAt, FrozenSet<IPAddress> Addresses);
}
