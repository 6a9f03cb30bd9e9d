using Gateway.Config.Diagnostics;

namespace Gateway.Config.Binding;

/// <summary>What the binding of one document shares: where findings go and to whom they belong.</summary>
internal sealed class BindContext
{
    // One broken document must not bury the findings of the others.
    private const int MaxFindings = 100;
    private int _count;
    private Severity? _hidden;

    /// <summary>Takes the findings.</summary>
    public required List<Diagnostic> Findings { get; init; }

    /// <summary>The resource that is read, once its name is known.</summary>
    public ResourceId? Resource { get; set; }

    /// <summary>Whether values are secret: then findings name places, never what stands there.</summary>
    public bool HideValues { get; init; }

    /// <summary>How an unknown field is judged: Kubernetes' own kinds grow new fields with every release.</summary>
    public Severity UnknownField { get; init; } = Severity.Error;

    /// <summary>Collects the fields that binders ask for; null except when the schema itself is wanted.</summary>
    public FieldRecorder? Recorder { get; init; }

    /// <summary>Adds a finding.</summary>
    public void Report(DiagnosticDescriptor what, string message, SourceLocation location, string path, Severity? severity = null)
    {
        Severity judged = severity ?? what.Severity;
        if (_count++ < MaxFindings)
            Findings.Add(new(what.Code, judged, message, location, Resource, path));
        else if (_hidden is null || judged > _hidden)
            Findings.Add(new(what.Code, (_hidden = judged).Value, "The resource has more findings of this weight or less; they are not shown.", location, Resource));
    }
}
