using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads the bodies of Istio's security kinds.</summary>
internal static class SecurityBinder
{
    private static readonly EnumNames<AuthorizationAction> Actions = new(
        ("ALLOW", AuthorizationAction.Allow),
        ("DENY", AuthorizationAction.Deny),
        ("AUDIT", AuthorizationAction.Audit),
        ("CUSTOM", AuthorizationAction.Custom));

    private static readonly EnumNames<MutualTlsMode> Modes = new(
        ("UNSET", MutualTlsMode.Unset),
        ("DISABLE", MutualTlsMode.Disable),
        ("PERMISSIVE", MutualTlsMode.Permissive),
        ("STRICT", MutualTlsMode.Strict));

    private static readonly EnumNames<JwtPresence> Presences = new(("OPTIONAL", JwtPresence.Optional), ("REQUIRED", JwtPresence.Required));

    public static AuthorizationPolicySpec AuthorizationPolicySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("selector", PolicySelector),
        TargetRef = r.Object("targetRef", PolicyTargetReference),
        TargetRefs = r.List("targetRefs", PolicyTargetReference),
        Action = r.Enum("action", Actions) ?? AuthorizationAction.Allow,
        Provider = r.Object("provider", p => new AuthorizationProvider { Node = p.Node, Name = p.String("name") ?? "" }),
        Rules = r.List("rules", AuthorizationRule),
    };

    public static RequestAuthenticationSpec RequestAuthenticationSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("selector", PolicySelector),
        TargetRef = r.Object("targetRef", PolicyTargetReference),
        TargetRefs = r.List("targetRefs", PolicyTargetReference),
        JwtRules = r.List("jwtRules", JwtRule),
    };

    public static PeerAuthenticationSpec PeerAuthenticationSpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.Object("selector", PolicySelector),
        Mtls = r.Object("mtls", MutualTls),
        PortLevelMtls = r.Map("portLevelMtls", MutualTls),
    };

    public static PolicySelector PolicySelector(ObjectReader r) => new() { Node = r.Node, MatchLabels = r.StringMap("matchLabels") };

    public static PolicyTargetReference PolicyTargetReference(ObjectReader r) => new()
    {
        Node = r.Node,
        Group = r.String("group") ?? "",
        Kind = r.String("kind") ?? "",
        Name = r.String("name") ?? "",
        Namespace = r.String("namespace") ?? "",
    };

    private static AuthorizationRule AuthorizationRule(ObjectReader r) => new()
    {
        Node = r.Node,
        From = r.List("from", f => new RuleFrom { Node = f.Node, Source = f.Object("source", RuleSource) }),
        To = r.List("to", t => new RuleTo { Node = t.Node, Operation = t.Object("operation", RuleOperation) }),
        When = r.List("when", w => new RuleCondition
        {
            Node = w.Node,
            Key = w.String("key") ?? "",
            Values = w.Strings("values"),
            NotValues = w.Strings("notValues"),
        }),
    };

    private static RuleSource RuleSource(ObjectReader r) => new()
    {
        Node = r.Node,
        Principals = r.Strings("principals"),
        NotPrincipals = r.Strings("notPrincipals"),
        RequestPrincipals = r.Strings("requestPrincipals"),
        NotRequestPrincipals = r.Strings("notRequestPrincipals"),
        Namespaces = r.Strings("namespaces"),
        NotNamespaces = r.Strings("notNamespaces"),
        ServiceAccounts = r.Strings("serviceAccounts"),
        NotServiceAccounts = r.Strings("notServiceAccounts"),
        TrustDomains = r.Strings("trustDomains"),
        NotTrustDomains = r.Strings("notTrustDomains"),
        IpBlocks = r.Strings("ipBlocks"),
        NotIpBlocks = r.Strings("notIpBlocks"),
        RemoteIpBlocks = r.Strings("remoteIpBlocks"),
        NotRemoteIpBlocks = r.Strings("notRemoteIpBlocks"),
    };

    private static RuleOperation RuleOperation(ObjectReader r) => new()
    {
        Node = r.Node,
        Hosts = r.Strings("hosts"),
        NotHosts = r.Strings("notHosts"),
        Ports = r.Strings("ports"),
        NotPorts = r.Strings("notPorts"),
        Methods = r.Strings("methods"),
        NotMethods = r.Strings("notMethods"),
        Paths = r.Strings("paths"),
        NotPaths = r.Strings("notPaths"),
    };

    private static JwtRule JwtRule(ObjectReader r)
    {
        // The schema has two spellings of one field.
        string? jwksUri = r.String("jwksUri");
        string? otherSpelling = r.String("jwks_uri");
        return new()
        {
            Node = r.Node,
            Issuer = r.String("issuer") ?? "",
            Audiences = r.Strings("audiences"),
            JwksUri = jwksUri ?? otherSpelling,
            Jwks = r.String("jwks"),
            FromHeaders = r.List("fromHeaders", h => new JwtHeader { Node = h.Node, Name = h.String("name") ?? "", Prefix = h.String("prefix") ?? "" }),
            FromParams = r.Strings("fromParams"),
            FromCookies = r.Strings("fromCookies"),
            OutputPayloadToHeader = r.String("outputPayloadToHeader"),
            OutputClaimToHeaders = r.List("outputClaimToHeaders", c => new ClaimToHeader { Node = c.Node, Header = c.String("header") ?? "", Claim = c.String("claim") ?? "" }),
            ForwardOriginalToken = r.Boolean("forwardOriginalToken") ?? false,
            Presence = r.Enum("presence", Presences) ?? JwtPresence.Optional,
            Timeout = r.Duration("timeout"),
            SpaceDelimitedClaims = r.Strings("spaceDelimitedClaims"),
        };
    }

    private static MutualTls MutualTls(ObjectReader r) => new() { Node = r.Node, Mode = r.Enum("mode", Modes) ?? MutualTlsMode.Unset };
}
