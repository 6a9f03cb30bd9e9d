using Gateway.Config.Diagnostics;
using Gateway.Config.Model;
using Gateway.Config.Resolution;

namespace Gateway.Snapshot.Compilation;

/// <summary>Puts the rules of delegate VirtualServices in the place of the rules that name them.</summary>
internal sealed class DelegateResolver
{
    private readonly CompilationContext _context;
    private readonly Dictionary<(string Namespace, string Name), Resource<VirtualServiceSpec>> _delegates = [];

    public DelegateResolver(CompilationContext context)
    {
        _context = context;
        foreach (Resource<VirtualServiceSpec> service in context.Config.VirtualServices)
        {
            if (service.Spec.Hosts.IsEmpty)
                _delegates.TryAdd((service.Metadata.Namespace, service.Metadata.Name), service);
        }
    }

    /// <summary>The rules of a VirtualService, those of its delegates included.</summary>
    public IReadOnlyList<VirtualServiceRule> Expand(Resource<VirtualServiceSpec> root)
    {
        var rules = new List<VirtualServiceRule>(root.Spec.Http.Count);
        for (int i = 0; i < root.Spec.Http.Count; i++)
        {
            HttpRoute rule = root.Spec.Http[i];
            string path = $"spec.http[{i}]";
            if (rule.Delegate is null)
                rules.Add(new VirtualServiceRule(rule, root, path));
            else
                Join(root, rule, path, rules);
        }
        return rules;
    }

    private void Join(Resource<VirtualServiceSpec> root, HttpRoute rule, string path, List<VirtualServiceRule> rules)
    {
        string ns = string.IsNullOrEmpty(rule.Delegate!.Namespace) ? root.Metadata.Namespace : rule.Delegate.Namespace;
        string name = rule.Delegate.Name ?? "";
        if (!_delegates.TryGetValue((ns, name), out Resource<VirtualServiceSpec>? target))
        {
            _context.Report(DiagnosticCatalogue.UnknownReference, root, $"{path}.delegate", $"There is no delegate VirtualService {ns}/{name}; the rule has no routes.");
            return;
        }
        if (!ExportTo.IsVisible(target.Spec.ExportTo, _context.Config.Mesh.DefaultVirtualServiceExportTo, ns, root.Metadata.Namespace))
        {
            _context.Report(DiagnosticCatalogue.UnknownReference, root, $"{path}.delegate",
                $"The delegate VirtualService {ns}/{name} is not exported to namespace {root.Metadata.Namespace}; the rule has no routes.");
            return;
        }
        string domain = _context.Identity.ClusterDomain;
        HttpRoute outer = ShortNames.Resolve(rule, root.Metadata.Namespace, domain);
        for (int i = 0; i < target.Spec.Http.Count; i++)
        {
            HttpRoute inner = ShortNames.Resolve(target.Spec.Http[i], ns, domain);
            if (DelegateMerge.MergeRoute(outer, inner) is { } merged)
                rules.Add(new VirtualServiceRule(merged, target, $"spec.http[{i}]"));
            else
                _context.Report(DiagnosticCatalogue.Unreachable, target, $"spec.http[{i}]",
                    $"The rule's matches lie outside those of {root.Metadata.Namespace}/{root.Metadata.Name} {path}, which delegates to it; it is left out.");
        }
    }
}
