namespace Gateway.Config.Diagnostics;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing changes.</summary>
    Info,

    /// <summary>Served, but something is not as the user may think.</summary>
    Warning,

    /// <summary>The resource is left out (traffic kinds) or denies (security kinds).</summary>
    Error,
}

/// <summary>
/// One finding about the configuration, with its place. Findings are data: user mistakes are never exceptions.
/// </summary>
/// <param name="Code">The entry in <see cref="DiagnosticCatalogue"/>, e.g. <c>GW0107</c>.</param>
/// <param name="Severity">Usually the catalogue's.</param>
/// <param name="Message">One sentence that says what is wrong and, where it helps, what to write instead. Never holds secret data.</param>
/// <param name="Location">Where it was written.</param>
/// <param name="Resource">The resource, if one could be told.</param>
/// <param name="FieldPath">Path inside the document, e.g. <c>spec.http[2].route[0].destination.host</c>; empty = the whole document.</param>
public sealed record Diagnostic(
    string Code,
    Severity Severity,
    string Message,
    SourceLocation Location,
    ResourceId? Resource = null,
    string FieldPath = "")
{
    /// <summary><c>deploy/x.yaml:12:7: error GW0107 VirtualService default/reviews spec.http[2]: …</c></summary>
    public override string ToString()
    {
        string severity = Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "info" };
        string resource = Resource is { } id ? $" {id}" : "";
        string field = FieldPath.Length == 0 ? "" : $" {FieldPath}";
        string place = Location == SourceLocation.None ? "" : $"{Location}: ";
        return $"{place}{severity} {Code}{resource}{field}: {Message}";
    }
}
