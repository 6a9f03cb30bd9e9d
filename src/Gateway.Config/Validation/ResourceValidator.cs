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
    /// <summary>Adds a finding for every rule that <paramref name="resource"/> breaks.</summary>
    public static void Validate(Resource resource, List<Diagnostic> findings)
    {
        Findings sink = new(resource, findings);
        if (resource is Resource<ServiceEntrySpec> or Resource<WorkloadEntrySpec> && resource.Document["spec"] is null)
        {
            sink.ErrorAt(resource.Document, "spec", "The spec is missing; it is required.");
            return;
        }
        switch (resource)
        {
            case Resource<GatewaySpec> gateway:
                Check(sink, CrdSchemas.Gateway, GatewayValidator.Check, gateway.Spec);
                break;
            case Resource<VirtualServiceSpec> virtualService:
                Check(sink, CrdSchemas.VirtualService, VirtualServiceValidator.Check, virtualService.Spec);
                break;
            case Resource<DestinationRuleSpec> destinationRule:
                Check(sink, CrdSchemas.DestinationRule, DestinationRuleValidator.Check, destinationRule.Spec);
                break;
            case Resource<ServiceEntrySpec> serviceEntry:
                Check(sink, CrdSchemas.ServiceEntry, ServiceEntryValidator.Check, serviceEntry.Spec);
                break;
            case Resource<WorkloadEntrySpec> workloadEntry:
                Check(sink, CrdSchemas.WorkloadEntry, WorkloadEntryValidator.Check, workloadEntry.Spec);
                break;
            case Resource<AuthorizationPolicySpec> policy:
                Check(sink, CrdSchemas.AuthorizationPolicy, AuthorizationPolicyValidator.Check, policy.Spec);
                MetadataRules.CheckReserved(sink);
                return;
            case Resource<RequestAuthenticationSpec> authentication:
                Check(sink, CrdSchemas.RequestAuthentication, RequestAuthenticationValidator.Check, authentication.Spec);
                break;
            case Resource<PeerAuthenticationSpec> peers:
                Check(sink, CrdSchemas.PeerAuthentication, PeerAuthenticationValidator.Check, peers.Spec);
                break;
            case Resource<TelemetrySpec> telemetry:
                Check(sink, CrdSchemas.Telemetry, TelemetryValidator.Check, telemetry.Spec);
                break;
            case Resource<EnvoyFilterSpec> envoyFilter:
                Check(sink, CrdSchemas.EnvoyFilter, EnvoyFilterValidator.Check, envoyFilter.Spec);
                break;
            case Resource<RateLimitPolicySpec> limits:
                RateLimitPolicyValidator.Check(sink, limits.Spec);
                break;
            case Resource<IssuerSpec> issuer:
                IssuerValidator.Check(sink, issuer.Spec);
                return;
            default:
                // Kubernetes' own kinds come from an API server that has judged them, or are judged by their binders.
                return;
        }
        MetadataRules.Check(sink);
    }

    private static void Check<TSpec>(Findings findings, SchemaRule schema, Action<Findings, TSpec> rules, TSpec spec)
        where TSpec : SpecRecord
    {
        SchemaChecker.Check(findings, schema);
        rules(findings, spec);
    }
}
