using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>How the values of Istio's enumerations are written.</summary>
internal static class EnumNames
{
    public static readonly EnumNames<TlsProtocol> TlsProtocol = new(
        ("TLS_AUTO", Model.TlsProtocol.Auto),
        ("TLSV1_0", Model.TlsProtocol.Tls10),
        ("TLSV1_1", Model.TlsProtocol.Tls11),
        ("TLSV1_2", Model.TlsProtocol.Tls12),
        ("TLSV1_3", Model.TlsProtocol.Tls13));

    public static readonly EnumNames<ServerTlsMode> ServerTlsMode = new(
        ("PASSTHROUGH", Model.ServerTlsMode.Passthrough),
        ("SIMPLE", Model.ServerTlsMode.Simple),
        ("MUTUAL", Model.ServerTlsMode.Mutual),
        ("AUTO_PASSTHROUGH", Model.ServerTlsMode.AutoPassthrough),
        ("ISTIO_MUTUAL", Model.ServerTlsMode.IstioMutual),
        ("OPTIONAL_MUTUAL", Model.ServerTlsMode.OptionalMutual));

    public static readonly EnumNames<UnmatchedPreflights> UnmatchedPreflights = new(
        ("UNSPECIFIED", Model.UnmatchedPreflights.Unspecified),
        ("FORWARD", Model.UnmatchedPreflights.Forward),
        ("IGNORE", Model.UnmatchedPreflights.Ignore));

    public static readonly EnumNames<RedirectPortSelection> RedirectPortSelection = new(
        ("FROM_PROTOCOL_DEFAULT", Model.RedirectPortSelection.FromProtocolDefault),
        ("FROM_REQUEST_PORT", Model.RedirectPortSelection.FromRequestPort));

    public static readonly EnumNames<H2UpgradePolicy> H2UpgradePolicy = new(
        ("DEFAULT", Model.H2UpgradePolicy.Default),
        ("DO_NOT_UPGRADE", Model.H2UpgradePolicy.DoNotUpgrade),
        ("UPGRADE", Model.H2UpgradePolicy.Upgrade));

    public static readonly EnumNames<SimpleLb> SimpleLb = new(
        ("UNSPECIFIED", Model.SimpleLb.Unspecified),
        ("LEAST_CONN", Model.SimpleLb.LeastConn),
        ("RANDOM", Model.SimpleLb.Random),
        ("PASSTHROUGH", Model.SimpleLb.Passthrough),
        ("ROUND_ROBIN", Model.SimpleLb.RoundRobin),
        ("LEAST_REQUEST", Model.SimpleLb.LeastRequest));

    public static readonly EnumNames<ClientTlsMode> ClientTlsMode = new(
        ("DISABLE", Model.ClientTlsMode.Disable),
        ("SIMPLE", Model.ClientTlsMode.Simple),
        ("MUTUAL", Model.ClientTlsMode.Mutual),
        ("ISTIO_MUTUAL", Model.ClientTlsMode.IstioMutual));

    public static readonly EnumNames<ProxyProtocolVersion> ProxyProtocolVersion = new(
        ("V1", Model.ProxyProtocolVersion.V1),
        ("V2", Model.ProxyProtocolVersion.V2));

    public static readonly EnumNames<ServiceEntryLocation> ServiceEntryLocation = new(
        ("MESH_EXTERNAL", Model.ServiceEntryLocation.MeshExternal),
        ("MESH_INTERNAL", Model.ServiceEntryLocation.MeshInternal));

    public static readonly EnumNames<ServiceEntryResolution> ServiceEntryResolution = new(
        ("NONE", Model.ServiceEntryResolution.None),
        ("STATIC", Model.ServiceEntryResolution.Static),
        ("DNS", Model.ServiceEntryResolution.Dns),
        ("DNS_ROUND_ROBIN", Model.ServiceEntryResolution.DnsRoundRobin),
        ("DYNAMIC_DNS", Model.ServiceEntryResolution.DynamicDns));
}
