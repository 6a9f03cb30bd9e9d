using Gateway.Config.Model;
using Gateway.Config.Parsing;
using Gateway.Config.Patterns;

namespace Gateway.Config.Validation;

/// <summary>A Telemetry: the forms that Istio refuses. What is accepted is not thereby applied.</summary>
internal static class TelemetryValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, TelemetrySpec spec)
    {
        PolicyTargetRules.Check(findings, spec, spec);
        foreach (TelemetryMetrics metrics in spec.Metrics)
            CheckMetrics(findings, metrics);
        if (spec.Tracing.Count > 1)
            findings.Warning(spec, "tracing[1]", "Multiple tracing is not currently supported.");
        foreach (TelemetryTracing tracing in spec.Tracing)
            CheckTracing(findings, tracing);
        foreach (TelemetryAccessLogging logging in spec.AccessLogging)
        {
            if (logging.Filter is { } filter && CelSyntax.Fault(filter.Expression) is { } fault)
                findings.Error(filter, "expression", $"The filter must be a valid CEL expression: {fault}.");
            CheckProviders(findings, logging.Providers);
        }
    }

    private static void CheckMetrics(Findings findings, TelemetryMetrics metrics)
    {
        CheckProviders(findings, metrics.Providers);
        ScalarRules.CheckAtLeastOneMillisecond(findings, metrics, "reportingInterval", metrics.ReportingInterval);
        for (int i = 0; i < metrics.Overrides.Count; i++)
        {
            TelemetryOverride one = metrics.Overrides[i];
            if (one.Node.Kind == ConfigNodeKind.Null)
            {
                findings.Error(metrics, "overrides", i, "An entry of overrides, with its tagOverrides, may not be null.");
                continue;
            }
            foreach (KeyValuePair<string, TelemetryTagOverride> tag in one.TagOverrides)
                CheckTagOverride(findings, one, tag.Key, tag.Value);
            if (one.Match is { CustomMetric.Length: 0 } match)
                findings.Error(match, "customMetric", "customMetric may not be empty; it should be at least 1 chars long.");
        }
    }

    private static void CheckTagOverride(Findings findings, TelemetryOverride holder, string name, TelemetryTagOverride tag)
    {
        if (name.Length == 0)
            findings.Warning(holder, "tagOverrides", "The name of a tag in tagOverrides may not be empty.");
        if (tag.Node.Kind == ConfigNodeKind.Null)
            findings.ErrorAtKey(holder, "tagOverrides", name, "An entry of tagOverrides may not be null.");
        else if (tag.Operation == TagOperation.Upsert && string.IsNullOrEmpty(tag.Value))
            findings.Error(tag, tag.Value is null ? "" : "value", "tagOverrides.value must be set when operation is UPSERT.");
        else if (tag.Operation == TagOperation.Remove && tag.Value is not null)
            findings.Error(tag, "value", "tagOverrides.value must not be set when operation is REMOVE; it may only be set when operation is UPSERT.");
    }

    private static void CheckTracing(Findings findings, TelemetryTracing tracing)
    {
        if (tracing.Providers.Count > 1)
            findings.Warning(tracing, "providers[1]", "Multiple providers is not currently supported.");
        CheckProviders(findings, tracing.Providers);
        if (tracing.RandomSamplingPercentage is { } percentage && !(percentage is >= 0 and <= 100))
            findings.Error(tracing, "randomSamplingPercentage", "randomSamplingPercentage must be in range [0.0, 100.0].");
        foreach (KeyValuePair<string, TelemetryTag> tag in tracing.CustomTags)
        {
            if (tag.Key.Length == 0)
                findings.ErrorAtKey(tracing, "customTags", tag.Key, "A tag name may not be empty.");
            if (tag.Value.Node.Kind == ConfigNodeKind.Null)
            {
                findings.ErrorAtKey(tracing, "customTags", tag.Key, $"The tag '{tag.Key}' may not have a nil value.");
                continue;
            }
            CheckSource(findings, tag.Value.Literal, "literal", "value");
            CheckSource(findings, tag.Value.Environment, "environment", "name");
            CheckSource(findings, tag.Value.Header, "header", "name");
            CheckSource(findings, tag.Value.Formatter, "formatter", "value");
        }
    }

    private static void CheckSource(Findings findings, TelemetryTagSource? source, string kind, string field)
    {
        if (source is { Text.Length: 0 })
            findings.Error(source, source.Node[field] is null ? "" : field, $"The {field} of the {kind} tag may not be empty.");
    }

    private static void CheckProviders(Findings findings, EquatableArray<TelemetryProvider> providers)
    {
        foreach (TelemetryProvider provider in providers)
        {
            if (provider.Name.Length == 0)
                findings.Error(provider, provider.Node["name"] is null ? "" : "name", "providers.name may not be empty; it should be at least 1 chars long.");
        }
    }
}
