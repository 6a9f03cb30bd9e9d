namespace Gateway.Conformance.Tests.Cases;

/// <summary>
/// The cases that wait for a later issue, by what they use and expect and never by their names. A case that only
/// contains such a field, and expects nothing that depends on it, is run.
/// </summary>
internal static class LaterIssues
{
    private const string Telemetry = "Telemetry";

    private static readonly (string Subject, string Feature, Func<ConformanceCase, bool> Uses)[] Table =
    [
        (Telemetry, "an extension kind", test => HasKind(test, "WasmPlugin", "ProxyConfig")),
    ];

    /// <summary>The subject of the issue a case waits for, with what it uses; null = it is run.</summary>
    public static string? Find(ConformanceCase test)
    {
        foreach ((string subject, string feature, Func<ConformanceCase, bool> uses) in Table)
        {
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
}
