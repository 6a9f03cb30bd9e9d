using YamlDotNet.RepresentationModel;

namespace Gateway.Conformance.Tests.Cases;

/// <summary>
/// The cases that wait for a later issue, by what they use and expect and never by their names. A case that only
/// contains such a field, and expects nothing that depends on it, is run.
/// </summary>
internal static class LaterIssues
{
    private const string Traffic = "HTTP traffic management, whole";
    private const string Security = "External authorization and rate limits";
    private const string Telemetry = "Telemetry";

    private static readonly (string Subject, string Feature, Func<ConformanceCase, bool> Uses)[] Table =
    [
        (Telemetry, "a telemetry or extension kind", test => HasKind(test, "Telemetry", "WasmPlugin", "ProxyConfig")),
        (Security, "an EnvoyFilter", test => HasKind(test, "EnvoyFilter")),
        (Security, "a CUSTOM policy's provider", test => test.Request is not null && test.OfKind("AuthorizationPolicy").Any(policy => policy.Get("spec", "action").Text() == "CUSTOM")),
        (Traffic, "choice of the upstream's HTTP version", test => test.Expect.Get("upstream", "protocol") is not null && (test.Documents.Below("h2UpgradePolicy") || test.Documents.Below("useClientProtocol"))),
        (Traffic, "circuit breaking", test => IsOneOf(test.Expect.Get("outcome"), "upstream_failure", "local_reply") && (test.Documents.Below("connectionPool") || test.Documents.Below("outlierDetection"))),
    ];

    /// <summary>The subject of the issue a case waits for, with what it uses; null = it is run.</summary>
    public static string? Find(ConformanceCase test)
    {
        foreach ((string subject, string feature, Func<ConformanceCase, bool> uses) in Table)
        {
            // Whether a document is accepted does not depend on what is done with it.
            if (test.File.Area == "validation" && subject is not (Security or Telemetry))
                continue;
            if (uses(test))
                return $"{subject}: {feature}";
        }
        return null;
    }

    private static bool HasKind(ConformanceCase test, params ReadOnlySpan<string> kinds)
    {
        foreach (string kind in kinds)
        {
            if (test.OfKind(kind).Any())
                return true;
        }
        return false;
    }

    private static bool IsOneOf(YamlNode? node, params ReadOnlySpan<string> texts) => node.Text() is { } text && texts.Contains(text);

    private static bool Any(YamlNode? node, params string[] keys) => keys.Any(key => node.Get(key) is not null);

    private static bool Below(this IEnumerable<YamlNode> documents, string key) => documents.SelectMany(document => document.Below(key)).Any();
}
