using System.Text.Json;

namespace Gateway.Config.Diagnostics;

/// <summary>Findings as JSON, the same shape on the command line and on the admin port.</summary>
public static class DiagnosticJson
{
    /// <summary>Writes a property <paramref name="name"/> with one object per finding.</summary>
    public static void WriteArray(Utf8JsonWriter writer, string name, IReadOnlyList<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray(name);
        foreach (Diagnostic diagnostic in diagnostics)
            Write(writer, diagnostic);
        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, Diagnostic diagnostic)
    {
        writer.WriteStartObject();
        writer.WriteString("code", diagnostic.Code);
        writer.WriteString("severity", diagnostic.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "info" });
        writer.WriteString("message", diagnostic.Message);
        writer.WriteString("file", diagnostic.Location.Source);
        writer.WriteNumber("line", diagnostic.Location.Line);
        writer.WriteNumber("column", diagnostic.Location.Column);
        if (diagnostic.Resource is { } resource)
        {
            writer.WriteStartObject("resource");
            writer.WriteString("kind", resource.Kind);
            writer.WriteString("namespace", resource.Namespace);
            writer.WriteString("name", resource.Name);
            writer.WriteEndObject();
        }
        if (diagnostic.FieldPath.Length > 0)
            writer.WriteString("field", diagnostic.FieldPath);
        writer.WriteEndObject();
    }
}
