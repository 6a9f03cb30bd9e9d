using Gateway.Clusters;
using Gateway.Listeners;
using Reader = Gateway.Listeners.ProxyHeader;
using Writer = Gateway.Clusters.ProxyHeader;

namespace Gateway.Fuzz.Targets;

/// <summary>A PROXY header needs more until it is there, then ends in one place; what we write of it says the same.</summary>
internal static class ProxyHeaderTarget
{
    public static void Run(byte[] input)
    {
        ProxyHeaderStatus status = Reader.Parse(input, out Reader? header, out int length);
        Check.Same(status == ProxyHeaderStatus.Found, header is not null, "found means a header");
        if (status == ProxyHeaderStatus.NeedMore)
            Check.That(input.Length < Reader.MaxBytes, "waiting has an end");
        if (status != ProxyHeaderStatus.Found)
            return;

        Check.That(length > 0 && length <= input.Length && length <= Reader.MaxBytes, "a header is no longer than what came");
        for (int prefix = 0; prefix < length; prefix++)
            Check.Same(ProxyHeaderStatus.NeedMore, Reader.Parse(input.AsSpan(0, prefix), out _, out _), "a beginning needs more");
        if (header!.Source is null)
            return;

        foreach (ProxyHeaderVersion version in new[] { ProxyHeaderVersion.V1, ProxyHeaderVersion.V2 })
        {
            byte[] written = Writer.Make(version, header.Source, header.Destination);
            Check.Same(ProxyHeaderStatus.Found, Reader.Parse(written, out Reader? again, out int used), "what we write can be read");
            Check.Same(written.Length, used, "length of what we write");
            Check.That(Same(header.Source, again!.Source) && Same(header.Destination, again.Destination), "addresses survive");
        }
    }

    private static bool Same(System.Net.IPEndPoint? one, System.Net.IPEndPoint? other) =>
        one is not null && other is not null && one.Port == other.Port && one.Address.MapToIPv6().GetAddressBytes().AsSpan().SequenceEqual(other.Address.MapToIPv6().GetAddressBytes());
}
