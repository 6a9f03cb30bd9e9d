using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>Names of Gateways in a VirtualService: <c>name</c>, <c>namespace/name</c>, <c>mesh</c>.</summary>
internal static class GatewayNameRules
{
    /// <summary>Checks the field <c>gateways</c> of <paramref name="at"/>.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="at">The record that has it.</param>
    /// <param name="names">Its value.</param>
    /// <param name="fromGatewayApi">Converted from the Kubernetes Gateway API: such Gateways have freer names.</param>
    /// <param name="warn">Whether the old form with dots is worth a warning here.</param>
    public static void Check(Findings findings, SpecRecord at, EquatableArray<string> names, bool fromGatewayApi = false, bool warn = true)
    {
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i];
            int slash = name.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                string[] parts = name.Split('.');
                if (warn && parts.Length > 1)
                    findings.Warning(at, $"gateways[{i}]", $"\"{name}\" uses the legacy format of a gateway's name; prefer <namespace>/<name>: \"{parts[1]}/{parts[0]}\".");
                if (HostNameRules.Fqdn(name) is { } fault)
                    findings.Error(at, "gateways", i, fault);
                // Istio looks at no further name after one without a namespace.
                return;
            }

            ReadOnlySpan<char> ns = name.AsSpan(0, slash);
            ReadOnlySpan<char> bare = name.AsSpan(slash + 1);
            if (ns.IsEmpty || bare.IsEmpty)
                findings.Error(at, "gateways", i, "Neither the namespace nor the name of a gateway may be empty.");
            if (!LabelRules.IsDnsLabel(ns))
                findings.Error(at, "gateways", i, $"Invalid value for the gateway's namespace: \"{ns}\".");
            if (!fromGatewayApi && !LabelRules.IsDnsLabel(bare))
                findings.Error(at, "gateways", i, $"Invalid value for the gateway's name: \"{bare}\".");
        }
    }
}
