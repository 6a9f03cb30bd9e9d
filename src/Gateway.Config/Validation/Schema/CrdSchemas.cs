namespace Gateway.Config.Validation.Schema;

/// <summary>The bounds of Istio's CRDs, for the kinds whose schemas have any; all served versions share one schema.</summary>
internal static class CrdSchemas
{
    private const int MaxListItems = 256;
    private const int MaxMapEntries = 256;
    private const int MaxLabelValueLength = 63;

    private const int MaxRules = 512;
    private const int MaxTargetReferences = 16;

    private static readonly SchemaRule PolicySelector =
        Object("matchLabels", new() { MaxItems = 4096, Each = new() { MaxLength = MaxLabelValueLength } });

    private static readonly SchemaRule TargetReference = new()
    {
        Fields =
        {
            ["group"] = new() { MaxLength = 253 },
            ["kind"] = new() { MaxLength = 63 },
            ["name"] = new() { MaxLength = 253 },
        },
    };

    private static readonly SchemaRule ServiceAccounts = new() { MaxItems = 16, Each = new() { MaxLength = 320 } };

    private static readonly SchemaRule RuleSource = new()
    {
        Fields = { ["serviceAccounts"] = ServiceAccounts, ["notServiceAccounts"] = ServiceAccounts },
    };

    private static readonly SchemaRule StringMatch = new() { AtMostOne = [["exact", "prefix", "regex"]] };

    private static readonly SchemaRule WorkloadEntryBody = new()
    {
        Fields =
        {
            ["address"] = new() { MaxLength = 256 },
            ["labels"] = new() { MaxItems = MaxMapEntries },
            ["locality"] = new() { MaxLength = 2048 },
            ["network"] = new() { MaxLength = 2048 },
            ["ports"] = new() { MaxItems = 128, MaxKeyLength = 62 },
            ["serviceAccount"] = new() { MaxLength = 253 },
        },
    };

    private static readonly SchemaRule LoadBalancer = new()
    {
        AtMostOne = [["simple", "consistentHash", "backendUtilization"]],
        Fields =
        {
            ["consistentHash"] = new()
            {
                AtMostOne = [["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"], ["ringHash", "maglev"]],
            },
            ["warmup"] = Object("minimumPercent", new() { Minimum = 0 }),
            ["zoneAwareLbSetting"] = Object("minClusterSize", new() { Minimum = 1 }),
        },
    };

    private static readonly SchemaRule OutlierDetection =
        Object("outlierDetectionHttpErrorCodes", new() { Each = new() { Minimum = 100, Maximum = 599 } });

    private static readonly SchemaRule TrafficPolicy = new()
    {
        Fields =
        {
            ["loadBalancer"] = LoadBalancer,
            ["outlierDetection"] = OutlierDetection,
            ["portLevelSettings"] = new()
            {
                MaxItems = 4096,
                Each = new() { Fields = { ["loadBalancer"] = LoadBalancer, ["outlierDetection"] = OutlierDetection } },
            },
            ["retryBudget"] = Object("percent", new() { Minimum = 0, Maximum = 100 }),
        },
    };

    /// <summary>Gateway.</summary>
    public static SchemaRule Gateway { get; } = Object("servers", new()
    {
        Each = new()
        {
            Fields =
            {
                // At most two tlsCertificates are asked for as well, but the webhook's own, milder rule is to warn.
                ["tls"] = new()
                {
                    Fields =
                    {
                        ["credentialNames"] = new() { MinItems = 1, MaxItems = 2 },
                        ["tlsCertificates"] = new() { MinItems = 1 },
                    },
                },
            },
        },
    });

    /// <summary>VirtualService.</summary>
    public static SchemaRule VirtualService { get; } = Object("http", new()
    {
        Each = new()
        {
            Fields =
            {
                ["match"] = new()
                {
                    Each = new()
                    {
                        Fields =
                        {
                            ["authority"] = StringMatch,
                            ["headers"] = new() { Each = StringMatch },
                            ["method"] = StringMatch,
                            ["queryParams"] = new() { Each = StringMatch },
                            ["scheme"] = StringMatch,
                            ["uri"] = StringMatch,
                            ["withoutHeaders"] = new() { Each = StringMatch },
                        },
                    },
                },
                ["corsPolicy"] = Object("allowOrigins", new() { Each = StringMatch }),
                ["directResponse"] = Object("body", new() { AtMostOne = [["string", "bytes"]] }),
                ["fault"] = new()
                {
                    Fields =
                    {
                        ["abort"] = new() { AtMostOne = [["httpStatus", "grpcStatus", "http2Error"]] },
                        ["delay"] = new() { AtMostOne = [["fixedDelay", "exponentialDelay"]] },
                    },
                },
                ["redirect"] = new() { AtMostOne = [["port", "derivePort"]] },
            },
        },
    });

    /// <summary>DestinationRule.</summary>
    public static SchemaRule DestinationRule { get; } = new()
    {
        Fields =
        {
            ["trafficPolicy"] = TrafficPolicy,
            ["subsets"] = new() { Each = Object("trafficPolicy", TrafficPolicy) },
            ["workloadSelector"] = Object("matchLabels", new() { MaxItems = 4096, Each = new() { MaxLength = MaxLabelValueLength } }),
        },
    };

    /// <summary>ServiceEntry.</summary>
    public static SchemaRule ServiceEntry { get; } = new()
    {
        Fields =
        {
            ["addresses"] = new() { MaxItems = MaxListItems, Each = new() { MaxLength = 64 } },
            ["endpoints"] = new() { MaxItems = 4096, Each = WorkloadEntryBody },
            ["hosts"] = new() { MaxItems = MaxListItems },
            ["ports"] = new()
            {
                MaxItems = MaxListItems,
                Each = new() { Fields = { ["name"] = new() { MaxLength = 256 }, ["protocol"] = new() { MaxLength = 256 } } },
            },
            ["workloadSelector"] = Object("labels", new() { MaxItems = MaxMapEntries, Each = new() { MaxLength = MaxLabelValueLength } }),
        },
    };

    /// <summary>WorkloadEntry.</summary>
    public static SchemaRule WorkloadEntry { get; } = WorkloadEntryBody;

    /// <summary>AuthorizationPolicy.</summary>
    public static SchemaRule AuthorizationPolicy { get; } = new()
    {
        Fields =
        {
            ["selector"] = PolicySelector,
            ["targetRef"] = TargetReference,
            ["targetRefs"] = new() { MaxItems = MaxTargetReferences, Each = TargetReference },
            ["rules"] = new()
            {
                MaxItems = MaxRules,
                Each = new() { Fields = { ["from"] = new() { MaxItems = MaxRules, Each = Object("source", RuleSource) } } },
            },
        },
    };

    /// <summary>RequestAuthentication.</summary>
    public static SchemaRule RequestAuthentication { get; } = new()
    {
        Fields =
        {
            ["selector"] = PolicySelector,
            ["targetRef"] = TargetReference,
            ["targetRefs"] = new() { MaxItems = MaxTargetReferences, Each = TargetReference },
            ["jwtRules"] = new()
            {
                MaxItems = 4096,
                Each = new()
                {
                    AtMostOne = [["jwksUri", "jwks_uri", "jwks"]],
                    Fields =
                    {
                        ["jwksUri"] = new() { MaxLength = 2048 },
                        ["jwks_uri"] = new() { MaxLength = 2048 },
                        ["spaceDelimitedClaims"] = new() { MaxItems = 64 },
                    },
                },
            },
        },
    };

    /// <summary>PeerAuthentication.</summary>
    public static SchemaRule PeerAuthentication { get; } = Object("selector", PolicySelector);

    /// <summary>Telemetry.</summary>
    public static SchemaRule Telemetry { get; } = new()
    {
        Fields =
        {
            ["selector"] = PolicySelector,
            ["targetRef"] = TargetReference,
            ["targetRefs"] = new() { MaxItems = MaxTargetReferences, Each = TargetReference },
            ["metrics"] = new()
            {
                Each = Object("overrides", new() { Each = Object("match", new() { AtMostOne = [["metric", "customMetric"]] }) }),
            },
            ["tracing"] = new()
            {
                Each = Object("customTags", new() { Each = new() { AtMostOne = [["literal", "environment", "header", "formatter"]] } }),
            },
        },
    };

    /// <summary>EnvoyFilter.</summary>
    public static SchemaRule EnvoyFilter { get; } = new()
    {
        Fields =
        {
            ["workloadSelector"] = Object("labels", new() { MaxItems = MaxMapEntries, Each = new() { MaxLength = MaxLabelValueLength } }),
            ["targetRefs"] = new() { MaxItems = MaxTargetReferences, Each = TargetReference },
            ["configPatches"] = new() { Each = Object("match", Object("waypoint", Object("portNumber", new() { Minimum = 1, Maximum = 65535 }))) },
        },
    };

    private static SchemaRule Object(string field, SchemaRule rule) => new() { Fields = { [field] = rule } };
}
