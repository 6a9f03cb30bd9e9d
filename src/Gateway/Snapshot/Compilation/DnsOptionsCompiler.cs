using System.Net;
using Gateway.Clusters.Discovery;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>How the names of a service are looked up: the mesh's settings and what the ServiceEntry's annotations say.</summary>
internal static class DnsOptionsCompiler
{
    private const int DnsPort = 53;

    /// <summary>The options.</summary>
    /// <param name="context">The compilation.</param>
    /// <param name="service">The service.</param>
    public static DnsHostOptions Compile(CompilationContext context, MeshService service)
    {
        var reader = new Reader(context, service.Resource);
        var defaults = new DnsHostOptions();
        TimeSpan shortest = reader.Duration(EgressAnnotations.DnsMinTtl) ?? defaults.MinTtl;
        TimeSpan longest = reader.Duration(EgressAnnotations.DnsMaxTtl) ?? defaults.MaxTtl;
        return new DnsHostOptions
        {
            Family = reader.Family(),
            MinTtl = shortest,
            MaxTtl = longest < shortest ? shortest : longest,
            RefreshRate = reader.Duration(EgressAnnotations.DnsRefresh) ?? context.Config.Mesh.DnsRefreshRate,
            StaleFor = reader.Duration(EgressAnnotations.DnsStaleFor) ?? defaults.StaleFor,
            Servers = reader.Servers(),
            Guard = reader.Guard(service.Resolution is ServiceResolution.DynamicDns or ServiceResolution.None ? AddressGuard.Strict : AddressGuard.Registered),
        };
    }

    private sealed class Reader(CompilationContext context, Resource resource)
    {
        public TimeSpan? Duration(string annotation)
        {
            if (Text(annotation) is not { } text)
                return null;
            if (EgressAnnotations.TryReadDuration(text, out TimeSpan value))
                return value;
            Report(annotation, text, "write a duration such as 30s or 5m; the default is used");
            return null;
        }

        public DnsFamily Family()
        {
            string? text = Text(EgressAnnotations.DnsFamily);
            switch (text)
            {
                case null or "auto":
                    return DnsFamily.Auto;
                case "v4":
                    return DnsFamily.V4;
                case "v6":
                    return DnsFamily.V6;
                case "all":
                    return DnsFamily.All;
                default:
                    Report(EgressAnnotations.DnsFamily, text, "write auto, v4, v6 or all; auto is used");
                    return DnsFamily.Auto;
            }
        }

        public EquatableArray<IPEndPoint> Servers()
        {
            List<IPEndPoint> servers = [];
            foreach (string text in Words(EgressAnnotations.DnsResolvers))
            {
                if (IPEndPoint.TryParse(text, out IPEndPoint? server))
                    servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, DnsPort) : server);
                else
                    Report(EgressAnnotations.DnsResolvers, text, "write ADDRESS or ADDRESS:PORT with an IP address; it is left out");
            }
            return servers.ToEquatableArray();
        }

        public AddressGuard Guard(AddressGuard guard)
        {
            List<IPNetwork> networks = [];
            foreach (string text in Words(EgressAnnotations.AllowAddresses))
            {
                AddressClass? kind = text switch
                {
                    "loopback" => AddressClass.Loopback,
                    "link-local" => AddressClass.LinkLocal,
                    "private" => AddressClass.Private,
                    "own" => AddressClass.Own,
                    _ => null,
                };
                if (kind is { } allowed)
                    guard = guard with { Refused = guard.Refused & ~allowed };
                else if (IPNetwork.TryParse(text, out IPNetwork network))
                    networks.Add(network);
                else if (IPAddress.TryParse(text, out IPAddress? address))
                    networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
                else
                    Report(EgressAnnotations.AllowAddresses, text, "write loopback, link-local, private, own, an address or a network such as 10.1.0.0/16; nothing is allowed by it");
            }
            return guard with { Allowed = networks.ToEquatableArray() };
        }

        private string? Text(string annotation) => resource.Metadata.Annotations.TryGetValue(annotation, out string? text) ? text.Trim() : null;

        private string[] Words(string annotation) =>
            Text(annotation)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

        private void Report(string annotation, string text, string what) =>
            context.Report(DiagnosticCatalogue.BadValue, resource, "metadata.annotations", $"{annotation}: \"{text}\" cannot be read: {what}.");
    }
}
