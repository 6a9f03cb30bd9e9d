using System.Net;
using Gateway.Clusters.Discovery;
using Gateway.Matching;

namespace Gateway.Tests.Clusters.Discovery;

/// <summary>Whom clients must not reach through the gateway by a name or address of their choice, each with its reason.</summary>
public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("localhost", "means this machine")]
    [InlineData("LOCALHOST", "means this machine")]
    [InlineData("localhost.", "means this machine")]
    [InlineData("anything.localhost", "means this machine")]
    [InlineData("localhost.localdomain", "means this machine")]
    [InlineData("ip6-localhost", "means this machine")]
    [InlineData("metadata.google.internal", "metadata service")]
    [InlineData("metadata.google.internal.", "metadata service")]
    [InlineData("metadata", "metadata service")]
    [InlineData("metadata.azure.internal", "metadata service")]
    [InlineData("instance-data.ec2.internal", "metadata service")]
    [InlineData("127.0.0.1", "a loopback address")]
    [InlineData("127.255.255.254", "a loopback address")]
    [InlineData("0.0.0.0", "means this machine")]
    [InlineData("0.1.2.3", "means this machine")]
    [InlineData("169.254.169.254", "the metadata service of clouds")]
    [InlineData("169.254.170.2", "credentials service")]
    [InlineData("169.254.1.1", "a link-local address")]
    [InlineData("168.63.129.16", "Azure")]
    [InlineData("100.100.100.200", "Alibaba")]
    [InlineData("192.0.0.192", "Oracle")]
    [InlineData("10.0.0.1", "a private address")]
    [InlineData("172.16.0.1", "a private address")]
    [InlineData("172.31.255.255", "a private address")]
    [InlineData("192.168.1.1", "a private address")]
    [InlineData("100.64.0.1", "NAT")]
    [InlineData("198.18.0.1", "benchmarks")]
    [InlineData("192.0.2.1", "documents")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("240.0.0.1", "reserved")]
    [InlineData("255.255.255.255", "broadcast")]
    [InlineData("[::]", "means this machine")]
    [InlineData("[::1]", "a loopback address")]
    [InlineData("[0:0:0:0:0:0:0:1]", "a loopback address")]
    [InlineData("[fe80::1]", "a link-local address")]
    [InlineData("[fd00:ec2::254]", "metadata service of AWS")]
    [InlineData("[fd12:3456::1]", "a private address")]
    [InlineData("[fec0::1]", "site-local")]
    [InlineData("[ff02::1]", "multicast")]
    [InlineData("[2001:db8::1]", "documents")]
    [InlineData("[::ffff:127.0.0.1]", "IPv4-mapped")]
    [InlineData("[::ffff:a9fe:a9fe]", "IPv4-mapped")]
    [InlineData("[::127.0.0.1]", "IPv4-compatible")]
    [InlineData("[2002:7f00:1::]", "6to4")]
    [InlineData("[2002:a9fe:a9fe::]", "6to4")]
    [InlineData("[64:ff9b::10.0.0.1]", "NAT64")]
    [InlineData("[64:ff9b::a9fe:a9fe]", "NAT64")]
    [InlineData("[64:ff9b:1::1]", "NAT64")]
    [InlineData("[2001:0:1:2:3:4:80ff:fffe]", "Teredo")]
    [InlineData("[2001:470:1:2:0:5efe:7f00:1]", "ISATAP")]
    [InlineData("2130706433", "not its usual one")]
    [InlineData("017700000001", "not its usual one")]
    [InlineData("0x7f000001", "not its usual one")]
    [InlineData("0x7f.0.0.1", "not its usual one")]
    [InlineData("0177.0.0.1", "not its usual one")]
    [InlineData("127.1", "not its usual one")]
    [InlineData("127.0.1", "not its usual one")]
    [InlineData("127.0.0.1.", "not its usual one")]
    [InlineData("127.0.0.0x1", "not its usual one")]
    [InlineData("1.1.1.1.1", "not its usual one")]
    [InlineData("[fe80::1%25eth0]", "no IPv6 address")]
    [InlineData("[127.0.0.1]", "no IPv6 address")]
    [InlineData("exa mple.com", "characters that no host has")]
    [InlineData("ex%61mple.com", "characters that no host has")]
    [InlineData("１２７.0.0.1x", "characters that no host has")]
    [InlineData("a..b", "empty or too long")]
    [InlineData("-a.example.com", "hyphen")]
    [InlineData("", "no host")]
    public void A_client_does_not_reach_it(string host, string reason)
    {
        Assert.Contains(reason, Refusal(host) ?? "(allowed)", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example.com")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("a_b.example.com")]
    [InlineData("0x7f.example.com")]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("[2606:4700::1111]")]
    [InlineData("[2002:808:808::]")]
    public void The_internet_is_reached(string host) => Assert.Null(Refusal(host));

    [Fact]
    public void What_an_entry_allows_is_reached_and_no_more()
    {
        var own = new OwnAddresses(TimeProvider.System);
        AddressGuard guard = AddressGuard.Strict with { Allowed = [IPNetwork.Parse("10.1.0.0/16")] };

        Assert.Null(guard.Refusal(IPAddress.Parse("10.1.2.3"), own));
        Assert.Null(guard.Refusal(IPAddress.Parse("::ffff:10.1.2.3"), own));
        Assert.NotNull(guard.Refusal(IPAddress.Parse("10.2.2.3"), own));
        Assert.Null(AddressGuard.Registered.Refusal(IPAddress.Loopback, own));
        Assert.NotNull(AddressGuard.Registered.Refusal(IPAddress.Parse("169.254.169.254"), own));
    }

    [Fact]
    public void The_gateways_own_addresses_are_refused_in_both_ways_of_writing_them()
    {
        IPAddress[] own = [.. System.Net.NetworkInformation.NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(one => one.GetIPProperties().UnicastAddresses)
            .Select(one => one.Address)
            .Where(address => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))];
        var guard = new AddressGuard { Refused = AddressClass.Own };
        var addresses = new OwnAddresses(TimeProvider.System);

        foreach (IPAddress address in own.SelectMany(address => (IPAddress[])[address, address.MapToIPv6()]))
            Assert.EndsWith("is an address of the gateway itself", guard.Refusal(address, addresses) ?? "(allowed)", StringComparison.Ordinal);
        Assert.Null(guard.Refusal(IPAddress.Parse("8.8.8.8"), addresses));
        Assert.Null(guard.Refusal(IPAddress.Loopback, addresses));
    }

    private static string? Refusal(string host) =>
        EgressTarget.Parse(host, out EgressTarget? target) ?? (target!.Address is { } address
            ? AddressGuard.Strict.Refusal(address, new OwnAddresses(TimeProvider.System))
            : EgressTarget.Refusal(target.Host));
}
