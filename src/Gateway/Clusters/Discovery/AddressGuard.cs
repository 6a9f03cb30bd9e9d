using System.Net;
using Gateway.Config;

namespace Gateway.Clusters.Discovery;

/// <summary>
/// Which addresses a name may lead to. The addresses that pass are the ones that are connected to: nothing is looked up
/// again afterwards. Compares by content.
/// </summary>
internal sealed record AddressGuard
{
    /// <summary>
    /// For a name that is written in the configuration: it may stand for a neighbour, but not for a metadata service or
    /// for what no host can have.
    /// </summary>
    public static AddressGuard Registered { get; } = new() { Refused = AddressClass.LinkLocal | AddressClass.Unusable };

    /// <summary>For names that clients choose: the Internet alone.</summary>
    public static AddressGuard Strict { get; } = new()
    {
        Refused = AddressClass.Loopback | AddressClass.LinkLocal | AddressClass.Private | AddressClass.Own | AddressClass.Unusable | AddressClass.Reserved,
    };

    /// <summary>The kinds of addresses that are refused.</summary>
    public AddressClass Refused { get; init; }

    /// <summary>Networks that are allowed whatever they are.</summary>
    public EquatableArray<IPNetwork> Allowed { get; init; }

    /// <summary>Why an address is refused; null = it is not.</summary>
    /// <param name="address">The address.</param>
    /// <param name="own">This machine's addresses.</param>
    public string? Refusal(IPAddress address, OwnAddresses own)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (IPNetwork network in Allowed)
        {
            if (network.BaseAddress.AddressFamily == plain.AddressFamily && network.Contains(plain))
                return null;
        }
        (AddressClass kind, string reason) = AddressClasses.Of(address);
        if ((kind & Refused) != 0)
            return $"{address} is {reason}";
        // Loopback is a kind of its own, also where it is allowed.
        return (Refused & AddressClass.Own) != 0 && kind != AddressClass.Loopback && own.Contains(plain) ? $"{address} is an address of the gateway itself" : null;
    }
}
