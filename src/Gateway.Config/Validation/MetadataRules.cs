namespace Gateway.Config.Validation;

/// <summary>Annotations that Istio refuses on any resource from outside.</summary>
internal static class MetadataRules
{
    private const string InternalRouteSemantics = "internal.istio.io/route-semantics";
    private const string InternalGatewaySemantics = "internal.istio.io/gateway-semantics";

    /// <summary>Checks the annotations of a traffic resource.</summary>
    public static void Check(Findings findings)
    {
        EquatableMap<string> annotations = findings.Resource.Metadata.Annotations;
        if (annotations.IsEmpty)
            return;
        if (annotations.ContainsKey("istio.io/dry-run"))
            findings.AnnotationError("istio.io/dry-run", "The annotation istio.io/dry-run is unsupported on this kind; please remove it.");
        CheckReserved(findings);
    }

    /// <summary>Checks the annotations that no user may set.</summary>
    public static void CheckReserved(Findings findings)
    {
        EquatableMap<string> annotations = findings.Resource.Metadata.Annotations;
        if (annotations.IsEmpty)
            return;
        foreach (string reserved in (ReadOnlySpan<string>)["internal.istio.io/webhook-always-reject", "internal.istio.io/parent-namespace", "internal.istio.io/parents"])
        {
            if (annotations.ContainsKey(reserved))
                findings.AnnotationError(reserved, $"The annotation {reserved} may not be set by users.");
        }
    }

    /// <summary>Whether a VirtualService was converted from a route of the Kubernetes Gateway API.</summary>
    public static bool IsConvertedRoute(Findings findings) => Says(findings, InternalRouteSemantics);

    /// <summary>Whether a Gateway was converted from one of the Kubernetes Gateway API.</summary>
    public static bool IsConvertedGateway(Findings findings) => Says(findings, InternalGatewaySemantics);

    private static bool Says(Findings findings, string annotation) =>
        findings.Resource.Metadata.Annotations.TryGetValue(annotation, out string? value) && value == "gateway";
}
