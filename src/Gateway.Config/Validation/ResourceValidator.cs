using Gateway.Config.Diagnostics;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>The rules inside one resource, as Istio's admission webhook and CRD schemas have them: one file per kind.</summary>
internal static class ResourceValidator
{
    /// <summary>Adds a finding for every rule that <paramref name="resource"/> breaks.</summary>
    public static void Validate(Resource resource, List<Diagnostic> findings)
    {
        _ = resource;
        _ = findings;
    }
}
