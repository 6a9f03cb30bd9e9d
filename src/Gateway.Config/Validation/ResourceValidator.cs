using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Validation.Schema;

namespace Gateway.Config.Validation;

/// <summary>
/// The rules inside one resource, as Istio's admission webhook and CRD schemas have them: one file per kind or subject.
/// Where both have the same rule, it stands here once.
/// </summary>
internal static class ResourceValidator
{
    private static readonly Comparer<Diagnostic> ByPlace = Comparer<Diagnostic>.Create((left, right) =>
    {
        int order = (left.Location.Line, left.Location.Column).CompareTo((right.Location.Line, right.Location.Column));
        if (order == 0)
            order = string.CompareOrdinal(left.FieldPath, right.FieldPath);
        return order != 0 ? order : string.CompareOrdinal(left.Message, right.Message);
    });

    /// <summary>Adds a finding for every rule that <paramref name="resource"/> breaks.</summary>
    public static void Validate(Resource resource, List<Diagnostic> findings)
    {
        int before = findings.Count;
        Check(resource, new Findings(resource, findings));
        if (findings.Count - before > 1)
            findings.Sort(before, findings.Count - before, ByPlace);
    }

    private static void Check(Resource resource, Findings sink)
    {
        if (resource is Resource<ServiceEntrySpec> or Resource<WorkloadEntrySpec> && resource.Document["spec"] is null)
        {
            sink.ErrorAt(resource.Document, "spec", "The spec is missing; it is required.");
            return;
        }
        switch (resource)
        {
            case Resource<GatewaySpec> gateway:
                SchemaChecker.Check(sink, CrdSchemas.Gateway);
                GatewayValidator.Check(sink, gateway.Spec);
                break;
            case Resource<VirtualServiceSpec> virtualService:
                SchemaChecker.Check(sink, CrdSchemas.VirtualService);
                VirtualServiceValidator.Check(sink, virtualService.Spec);
                break;
            case Resource<DestinationRuleSpec> destinationRule:
                SchemaChecker.Check(sink, CrdSchemas.DestinationRule);
                DestinationRuleValidator.Check(sink, destinationRule.Spec);
                break;
            case Resource<ServiceEntrySpec> serviceEntry:
                SchemaChecker.Check(sink, CrdSchemas.ServiceEntry);
                ServiceEntryValidator.Check(sink, serviceEntry.Spec);
                break;
            case Resource<WorkloadEntrySpec> workloadEntry:
                SchemaChecker.Check(sink, CrdSchemas.WorkloadEntry);
                WorkloadEntryValidator.Check(sink, workloadEntry.Spec);
                break;
            default:
                // Kubernetes' own kinds come from an API server that has judged them, or are judged by their binders.
                return;
        }
        MetadataRules.Check(sink);
    }
}
