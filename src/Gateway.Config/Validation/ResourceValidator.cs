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
            case Resource<AuthorizationPolicySpec> policy:
                SchemaChecker.Check(sink, CrdSchemas.AuthorizationPolicy);
                AuthorizationPolicyValidator.Check(sink, policy.Spec);
                MetadataRules.CheckReserved(sink);
                return;
            case Resource<RequestAuthenticationSpec> authentication:
                SchemaChecker.Check(sink, CrdSchemas.RequestAuthentication);
                RequestAuthenticationValidator.Check(sink, authentication.Spec);
                break;
            case Resource<PeerAuthenticationSpec> peers:
                SchemaChecker.Check(sink, CrdSchemas.PeerAuthentication);
                PeerAuthenticationValidator.Check(sink, peers.Spec);
                break;
            case Resource<TelemetrySpec> telemetry:
                SchemaChecker.Check(sink, CrdSchemas.Telemetry);
                TelemetryValidator.Check(sink, telemetry.Spec);
                break;
            case Resource<IssuerSpec> issuer:
                IssuerValidator.Check(sink, issuer.Spec);
                return;
            case Resource<EnvoyFilterSpec> envoyFilter:
                SchemaChecker.Check(sink, CrdSchemas.EnvoyFilter);
                EnvoyFilterValidator.Check(sink, envoyFilter.Spec);
                break;
            case Resource<RateLimitPolicySpec> limits:
                RateLimitPolicyValidator.Check(sink, limits.Spec);
                break;
            default:
                // Kubernetes' own kinds come from an API server that has judged them, or are judged by their binders.
                return;
        }
        MetadataRules.Check(sink);
    }
}
