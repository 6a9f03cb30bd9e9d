using Gateway.Config;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Which ports a Gateway server is bound to. Behind a Service that selects the gateway's workload, a server for the
/// Service's port is bound to its targetPort.
/// </summary>
internal sealed class PortTranslation
{
    private const string DisableLabel = "experimental.istio.io/disable-gateway-port-translation";
    private const string ServiceAnnotation = "internal.istio.io/gateway-service";

    private readonly List<FrontPort> _frontPorts = [];
    private readonly List<FrontPort> _allPorts = [];

    public PortTranslation(CompilationContext context)
    {
        // Services that do not select the workload count only for Gateways that name them.
        bool isAnyNamed = context.Config.Gateways.Any(gateway => gateway.Metadata.Annotations.ContainsKey(ServiceAnnotation));
        foreach (Resource<ServiceSpec> service in context.Config.Services)
        {
            bool isFront = service.Metadata.Namespace == context.Identity.Namespace
                && !service.Spec.Selector.IsEmpty
                && context.Identity.Labels is { } labels
                && LabelSelector.Selects(service.Spec.Selector, labels);
            if (!isFront && !isAnyNamed)
                continue;
            string host = $"{service.Metadata.Name}.{service.Metadata.Namespace}.svc.{context.Identity.ClusterDomain}";
            foreach (KubernetesServicePort port in service.Spec.Ports)
                Add(new FrontPort(host, service.Metadata.Namespace, port.Port, TargetPort(context.Config, service, port), IsDisabled(service.Metadata)), isFront);
        }
        foreach (Resource<ServiceEntrySpec> entry in context.Config.ServiceEntries)
        {
            if (entry.Metadata.Namespace != context.Identity.Namespace && !isAnyNamed)
                continue;
            foreach (string host in entry.Spec.Hosts)
                AddEntry(context, entry, host);
        }
    }

    /// <summary>The ports a server is bound to; none = the Gateway asks for Services that do not exist.</summary>
    public IReadOnlyList<int> Resolve(Resource<GatewaySpec> gateway, int port)
    {
        if (gateway.Metadata.Annotations.TryGetValue(ServiceAnnotation, out string? services))
        {
            string[] hosts = services.Split(',', StringSplitOptions.TrimEntries);
            return [.. _allPorts
                .Where(front => front.Number == port && front.Namespace == gateway.Metadata.Namespace && hosts.Contains(front.Host, StringComparer.Ordinal))
                .Select(front => front.TargetPort)
                .Distinct()];
        }
        foreach (FrontPort front in _frontPorts)
        {
            if (front.Number == port && !front.IsDisabled)
                return [front.TargetPort];
        }
        return [port];
    }

    private void Add(FrontPort port, bool isFront)
    {
        _allPorts.Add(port);
        if (isFront)
            _frontPorts.Add(port);
    }

    private void AddEntry(CompilationContext context, Resource<ServiceEntrySpec> entry, string host)
    {
        foreach (ServicePort port in entry.Spec.Ports)
        {
            int number = port.Number ?? 0;
            int target = port.TargetPort ?? number;
            bool isFront = false;
            foreach (WorkloadEntrySpec endpoint in entry.Spec.Endpoints)
            {
                if (!IsWorkload(context, endpoint))
                    continue;
                isFront = entry.Metadata.Namespace == context.Identity.Namespace;
                if (endpoint.Ports.TryGetValue(port.Name ?? "", out uint own))
                    target = (int)own;
                break;
            }
            Add(new FrontPort(host, entry.Metadata.Namespace, number, target, IsDisabled(entry.Metadata)), isFront);
        }
    }

    /// <summary>Whether an endpoint is this gateway: by its address, or by labels that are all ours.</summary>
    private static bool IsWorkload(CompilationContext context, WorkloadEntrySpec endpoint) =>
        (endpoint.Address is { } address && context.Identity.Addresses.Contains(address))
        || (!endpoint.Labels.IsEmpty && context.Identity.Labels is { } labels && LabelSelector.Selects(endpoint.Labels, labels));

    private static bool IsDisabled(ObjectMeta meta) => meta.Labels.ContainsKey(DisableLabel);

    private static int TargetPort(ConfigSet config, Resource<ServiceSpec> service, KubernetesServicePort port)
    {
        if (port.TargetPort is > 0 and int number)
            return number;
        if (port.TargetPortName is not { Length: > 0 } name)
            return port.Port;
        foreach (Resource<PodSpec> pod in config.Pods)
        {
            if (pod.Metadata.Namespace == service.Metadata.Namespace
                && LabelSelector.Selects(service.Spec.Selector, pod.Metadata.Labels)
                && pod.Spec.NamedPorts.TryGetValue(name, out int named))
            {
                return named;
            }
        }
        return port.Port;
    }

    private sealed record FrontPort(string Host, string Namespace, int Number, int TargetPort, bool IsDisabled);
}
