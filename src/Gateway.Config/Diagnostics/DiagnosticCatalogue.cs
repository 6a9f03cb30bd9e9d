namespace Gateway.Config.Diagnostics;

/// <summary>One kind of finding.</summary>
/// <param name="Code">Stable code, <c>GWnnnn</c>.</param>
/// <param name="Severity">Its severity unless the finder says otherwise.</param>
/// <param name="Title">What it means, for the documents.</param>
/// <param name="IstioCode">The code of the same finding in <c>istioctl analyze</c>, if there is one.</param>
public sealed record DiagnosticDescriptor(string Code, Severity Severity, string Title, string? IstioCode = null);

/// <summary>
/// All findings the gateway can report. GW00xx: text and documents; GW01xx: one resource; GW02xx: across resources;
/// GW03xx: TLS and secrets; GW04xx: listeners; GW05xx: fields accepted but not honoured; GW06xx: security policies.
/// </summary>
public static class DiagnosticCatalogue
{
    /// <summary>The text is not YAML or JSON.</summary>
    public static readonly DiagnosticDescriptor Syntax = new("GW0001", Severity.Error, "The text is not valid YAML or JSON.", "IST0102");

    /// <summary>A limit of the parser was passed.</summary>
    public static readonly DiagnosticDescriptor ParserLimit = new("GW0002", Severity.Error, "A document is too large, too deep or expands too far.");

    /// <summary>A key is written twice.</summary>
    public static readonly DiagnosticDescriptor DuplicateKey = new("GW0003", Severity.Error, "A key is written twice in one mapping.");

    /// <summary>A document is not a Kubernetes object.</summary>
    public static readonly DiagnosticDescriptor NotAnObject = new("GW0004", Severity.Error, "A document has no apiVersion, kind or metadata.name.");

    /// <summary>A kind that the gateway does not read.</summary>
    public static readonly DiagnosticDescriptor KindNotRead = new("GW0005", Severity.Info, "A resource of a kind that the gateway does not read was left alone.");

    /// <summary>A file or folder cannot be read.</summary>
    public static readonly DiagnosticDescriptor SourceUnreadable = new("GW0006", Severity.Error, "A configuration source cannot be read.");

    /// <summary>The same resource is written twice.</summary>
    public static readonly DiagnosticDescriptor DuplicateResource = new("GW0007", Severity.Error, "The same resource is written twice; the first one is used.");

    /// <summary>A defect of the gateway itself.</summary>
    public static readonly DiagnosticDescriptor InternalError = new("GW0008", Severity.Error, "The gateway itself failed on the configuration; what was in force stays.");

    /// <summary>The last good version of a resource goes on.</summary>
    public static readonly DiagnosticDescriptor LastGoodKept = new("GW0009", Severity.Warning, "A resource or its document is in error; what was accepted before stays in force.");

    /// <summary>Unknown field.</summary>
    public static readonly DiagnosticDescriptor UnknownField = new("GW0101", Severity.Error, "A field does not exist in the resource's schema.", "IST0106");

    /// <summary>Wrong type.</summary>
    public static readonly DiagnosticDescriptor WrongType = new("GW0102", Severity.Error, "A value has the wrong type.", "IST0106");

    /// <summary>Not a value of the enumeration.</summary>
    public static readonly DiagnosticDescriptor BadEnum = new("GW0103", Severity.Error, "A value is not one of those allowed.", "IST0106");

    /// <summary>A rule of Istio's admission is broken.</summary>
    public static readonly DiagnosticDescriptor Invalid = new("GW0104", Severity.Error, "A resource breaks a rule of its kind.", "IST0106");

    /// <summary>Istio's admission warns.</summary>
    public static readonly DiagnosticDescriptor Questionable = new("GW0105", Severity.Warning, "A resource is accepted but probably not what was meant.");

    /// <summary>A regular expression does not compile.</summary>
    public static readonly DiagnosticDescriptor BadRegex = new("GW0106", Severity.Error, "A regular expression cannot be compiled.");

    /// <summary>A value is outside its range or form.</summary>
    public static readonly DiagnosticDescriptor BadValue = new("GW0107", Severity.Error, "A value has the right type but not the form or range its field asks for.", "IST0106");

    /// <summary>An API version that is not known.</summary>
    public static readonly DiagnosticDescriptor UnknownVersion = new("GW0108", Severity.Error, "A kind that the gateway reads is written in an API version that it does not know.", "IST0106");

    /// <summary>An annotation of the gateway's own that cannot be used.</summary>
    public static readonly DiagnosticDescriptor BadAnnotation = new("GW0109", Severity.Warning, "An annotation of the gateway's own (gateway/...) cannot be used; its default is used, and without a protocol no health is checked.");

    /// <summary>A destination host is unknown.</summary>
    public static readonly DiagnosticDescriptor UnknownHost = new("GW0201", Severity.Warning, "A destination names a host that nothing defines; requests get 503 (NC).", "IST0101");

    /// <summary>A named resource is missing.</summary>
    public static readonly DiagnosticDescriptor UnknownReference = new("GW0202", Severity.Warning, "A resource names another one that does not exist.", "IST0101");

    /// <summary>Two resources want the same host.</summary>
    public static readonly DiagnosticDescriptor HostConflict = new("GW0203", Severity.Warning, "Two servers want the same host on one port; the older one has it.", "IST0145");

    /// <summary>Two resources want the same port in ways that do not go together.</summary>
    public static readonly DiagnosticDescriptor PortConflict = new("GW0204", Severity.Warning, "Two servers use one port in ways that exclude each other; the older one has it.", "IST0162");

    /// <summary>A rule can never be reached.</summary>
    public static readonly DiagnosticDescriptor Unreachable = new("GW0205", Severity.Warning, "A rule can never match because an earlier one takes everything.", "IST0130");

    /// <summary>A destination has no endpoints.</summary>
    public static readonly DiagnosticDescriptor NoEndpoints = new("GW0206", Severity.Info, "A destination has no endpoints; requests get 503 (UH).");

    /// <summary>A VirtualService's hosts are none of its Gateway's.</summary>
    public static readonly DiagnosticDescriptor HostNotServed = new("GW0207", Severity.Warning, "No host of a VirtualService is served by the Gateway that it names.", "IST0132");

    /// <summary>The endpoints of a subset cannot be told from the others.</summary>
    public static readonly DiagnosticDescriptor SubsetUnknown = new("GW0208", Severity.Info, "The endpoints of a service come from DNS, which knows no labels; a subset is all of them.");

    /// <summary>A port serves TLS and plain text.</summary>
    public static readonly DiagnosticDescriptor PortShared = new("GW0209", Severity.Info, "A server in plain text shares its port with TLS servers that came before it.");

    /// <summary>A certificate is missing or unusable.</summary>
    public static readonly DiagnosticDescriptor BadCertificate = new("GW0301", Severity.Error, "A certificate or key is missing or unusable; its hosts refuse TLS handshakes, and requests that need it get 503 (UF).");

    /// <summary>A destination asks for TLS that cannot be made.</summary>
    public static readonly DiagnosticDescriptor UpstreamTlsUnavailable = new("GW0302", Severity.Warning, "A destination asks for TLS that this gateway cannot make; requests to it get 503 (UF), never plain text.");

    /// <summary>A certificate cannot be ordered by itself.</summary>
    public static readonly DiagnosticDescriptor NotOrdered = new("GW0303", Severity.Warning, "A certificate, or one for some of its names, cannot be ordered automatically.");

    /// <summary>A Secret of the name stands in the configuration.</summary>
    public static readonly DiagnosticDescriptor OrderOverridden = new("GW0304", Severity.Warning, "A certificate is asked for automatically, but a Secret of its name is there; the Secret is used and nothing is ordered.");

    /// <summary>The first certificate is on its way.</summary>
    public static readonly DiagnosticDescriptor CertificatePending = new("GW0305", Severity.Info, "A certificate is being ordered; until it is there its hosts refuse TLS handshakes.");

    /// <summary>Somebody else could stand for the server.</summary>
    public static readonly DiagnosticDescriptor ServerUnverified = new("GW0306", Severity.Warning, "A DestinationRule leaves open who the server is: its certificate, or the name in it, is not verified.");

    /// <summary>A ServiceEntry that adds nothing.</summary>
    public static readonly DiagnosticDescriptor EntryConflict = new("GW0307", Severity.Warning, "An older resource of the namespace defines the host with another resolution; it alone counts.");

    /// <summary>A port cannot be bound.</summary>
    public static readonly DiagnosticDescriptor PortUnavailable = new("GW0401", Severity.Error, "A port cannot be bound; it is tried again, other ports are served.");

    /// <summary>A field is accepted but has no effect here.</summary>
    public static readonly DiagnosticDescriptor NotHonoured = new("GW0501", Severity.Warning, "A field is valid but this gateway does not act on it.");

    /// <summary>An EnvoyFilter's change is not made.</summary>
    public static readonly DiagnosticDescriptor EnvoyFilterNotApplied = new("GW0503", Severity.Warning, "An EnvoyFilter's patch, or a part of it, is not applied: only those for local rate limits are translated.");

    /// <summary>An EnvoyFilter is for other workloads.</summary>
    public static readonly DiagnosticDescriptor EnvoyFilterElsewhere = new("GW0504", Severity.Info, "An EnvoyFilter selects other workloads than this gateway.");

    /// <summary>A field has no effect on the transport or client that was chosen.</summary>
    public static readonly DiagnosticDescriptor NotOfThisStack = new("GW0505", Severity.Warning, "A field has no effect with the --transport or --upstream-client of this gateway.");

    /// <summary>A field cannot be honoured, and ignoring it would weaken security.</summary>
    public static readonly DiagnosticDescriptor Refused = new("GW0502", Severity.Error, "A field is valid but this gateway cannot act on it, and going on without it would weaken security.");

    /// <summary>A security policy that cannot be read denies.</summary>
    public static readonly DiagnosticDescriptor PolicyLocksOut = new("GW0601", Severity.Error, "A security policy cannot be read and no good version of it is known; what it may be for is denied.");

    /// <summary>A CUSTOM policy's provider cannot be asked.</summary>
    public static readonly DiagnosticDescriptor ProviderUnknown = new("GW0602", Severity.Warning, "A CUSTOM policy's extension provider cannot be asked; what its rules match is denied.");

    /// <summary>Keys for tokens are missing or unusable.</summary>
    public static readonly DiagnosticDescriptor NoKeys = new("GW0603", Severity.Warning, "Keys for tokens are missing or cannot be used; tokens that need them are refused.");
}
