using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Clusters.Discovery;

/// <summary>What an address is for, as far as it matters to whom a name may lead.</summary>
[Flags]
internal enum AddressClass
{
    /// <summary>An address of the Internet.</summary>
    Public = 0,

    /// <summary>This machine.</summary>
    Loopback = 1 << 0,

    /// <summary>The link: among them the clouds' metadata services.</summary>
    LinkLocal = 1 << 1,

    /// <summary>A private network.</summary>
    Private = 1 << 2,

    /// <summary>An address of the gateway itself.</summary>
    Own = 1 << 3,

    /// <summary>No host can have it: unspecified, multicast, broadcast.</summary>
    Unusable = 1 << 4,

    /// <summary>Set aside: for documents, protocols, the future.</summary>
    Reserved = 1 << 5,
}

/// <summary>Sorts addresses by the registries of special-purpose addresses (RFC 6890 and those that amend it).</summary>
internal static class AddressClasses
{
    private static readonly (IPNetwork Network, AddressClass Class, string Reason)[] Special =
    [
        (IPNetwork.Parse("169.254.169.254/32"), AddressClass.LinkLocal, "the metadata service of clouds"),
        (IPNetwork.Parse("169.254.170.2/32"), AddressClass.LinkLocal, "the credentials service of containers (AWS)"),
        (IPNetwork.Parse("168.63.129.16/32"), AddressClass.LinkLocal, "the platform service of Azure"),
        (IPNetwork.Parse("100.100.100.200/32"), AddressClass.LinkLocal, "the metadata service of Alibaba Cloud"),
        (IPNetwork.Parse("192.0.0.192/32"), AddressClass.LinkLocal, "the metadata service of Oracle Cloud"),
        (IPNetwork.Parse("0.0.0.0/8"), AddressClass.Unusable, "\"this\" network, which means this machine"),
        (IPNetwork.Parse("127.0.0.0/8"), AddressClass.Loopback, "a loopback address"),
        (IPNetwork.Parse("169.254.0.0/16"), AddressClass.LinkLocal, "a link-local address"),
        (IPNetwork.Parse("10.0.0.0/8"), AddressClass.Private, "a private address"),
        (IPNetwork.Parse("172.16.0.0/12"), AddressClass.Private, "a private address"),
        (IPNetwork.Parse("192.168.0.0/16"), AddressClass.Private, "a private address"),
        (IPNetwork.Parse("100.64.0.0/10"), AddressClass.Private, "an address shared behind carriers' NAT"),
        (IPNetwork.Parse("198.18.0.0/15"), AddressClass.Private, "an address for benchmarks"),
        (IPNetwork.Parse("192.0.0.0/24"), AddressClass.Reserved, "a protocol assignment"),
        (IPNetwork.Parse("192.0.2.0/24"), AddressClass.Reserved, "an address for documents"),
        (IPNetwork.Parse("198.51.100.0/24"), AddressClass.Reserved, "an address for documents"),
        (IPNetwork.Parse("203.0.113.0/24"), AddressClass.Reserved, "an address for documents"),
        (IPNetwork.Parse("224.0.0.0/4"), AddressClass.Unusable, "a multicast address"),
        (IPNetwork.Parse("255.255.255.255/32"), AddressClass.Unusable, "the broadcast address"),
        (IPNetwork.Parse("240.0.0.0/4"), AddressClass.Reserved, "a reserved address"),
        (IPNetwork.Parse("::/128"), AddressClass.Unusable, "the unspecified address, which means this machine"),
        (IPNetwork.Parse("::1/128"), AddressClass.Loopback, "a loopback address"),
        (IPNetwork.Parse("fe80::/10"), AddressClass.LinkLocal, "a link-local address"),
        (IPNetwork.Parse("fd00:ec2::254/128"), AddressClass.LinkLocal, "the metadata service of AWS"),
        (IPNetwork.Parse("fd20:ce::254/128"), AddressClass.LinkLocal, "the metadata service of Google Cloud"),
        (IPNetwork.Parse("fc00::/7"), AddressClass.Private, "a private address (unique local)"),
        (IPNetwork.Parse("fec0::/10"), AddressClass.Private, "a private address (site-local)"),
        (IPNetwork.Parse("64:ff9b:1::/48"), AddressClass.Private, "a local NAT64 address"),
        (IPNetwork.Parse("ff00::/8"), AddressClass.Unusable, "a multicast address"),
        (IPNetwork.Parse("2001:db8::/32"), AddressClass.Reserved, "an address for documents"),
        (IPNetwork.Parse("3fff::/20"), AddressClass.Reserved, "an address for documents"),
        (IPNetwork.Parse("100::/64"), AddressClass.Reserved, "a discard-only address"),
        (IPNetwork.Parse("5f00::/16"), AddressClass.Reserved, "a segment routing address"),
    ];

    private static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork Compatible = IPNetwork.Parse("::/96");

    /// <summary>The class of an address and, where it is not public, what it is in words. IPv4 addresses inside IPv6 ones count as themselves.</summary>
    public static (AddressClass Class, string Reason) Of(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return Find(address);
        if (address.IsIPv4MappedToIPv6)
            return Inside(address.MapToIPv4(), "IPv4-mapped");
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        // A scope does not change what an address is.
        IPAddress plain = address.ScopeId == 0 ? address : new IPAddress(bytes);
        (AddressClass Class, string Reason) own = Find(plain);
        if (own.Class != AddressClass.Public)
            return own;
        if (Teredo.Contains(plain))
            return Inside(new IPAddress(BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) ^ uint.MaxValue), "Teredo");
        if (SixToFour.Contains(plain))
            return Inside(new IPAddress(bytes[2..6]), "6to4");
        if (Nat64.Contains(plain))
            return Inside(new IPAddress(bytes[12..]), "NAT64");
        if (Compatible.Contains(plain))
            return Inside(new IPAddress(bytes[12..]), "IPv4-compatible");
        bool isIsatap = (bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
        return isIsatap ? Inside(new IPAddress(bytes[12..]), "ISATAP") : own;
    }

    private static (AddressClass, string) Inside(IPAddress address, string how)
    {
        (AddressClass Class, string Reason) inner = Find(address);
        return inner.Class == AddressClass.Public ? inner : (inner.Class, $"{inner.Reason}, {address}, inside an {how} one");
    }

    private static (AddressClass Class, string Reason) Find(IPAddress address)
    {
        foreach ((IPNetwork network, AddressClass kind, string reason) in Special)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
                return (kind, reason);
        }
        return (AddressClass.Public, "");
    }
}
