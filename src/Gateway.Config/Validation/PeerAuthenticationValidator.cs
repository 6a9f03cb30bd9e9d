using System.Globalization;
using Gateway.Config.Model;
using Gateway.Config.Parsing;

namespace Gateway.Config.Validation;

/// <summary>A PeerAuthentication.</summary>
internal static class PeerAuthenticationValidator
{
    /// <summary>Checks the whole resource.</summary>
    public static void Check(Findings findings, PeerAuthenticationSpec spec)
    {
        bool selectsAll = spec.Selector is not { MatchLabels.IsEmpty: false };
        if (selectsAll && !spec.PortLevelMtls.IsEmpty)
            findings.Error(spec, "portLevelMtls", "portLevelMtls requires selector: a PeerAuthentication for the mesh or a namespace cannot have port level mTLS.");
        if (spec.Node["portLevelMtls"] is { Kind: ConfigNodeKind.Mapping, Entries.Count: 0 })
            findings.Error(spec, "portLevelMtls", "portLevelMtls, if written, must have at least one port.");
        foreach (KeyValuePair<string, MutualTls> port in spec.PortLevelMtls)
        {
            if (!int.TryParse(port.Key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || AddressRules.PortFault(number) is not null)
                findings.ErrorAtKey(spec, "portLevelMtls", port.Key, $"The port \"{port.Key}\" must be between 1-65535.");
        }
        if (spec.Selector is { } selector)
            PolicyTargetRules.CheckSelector(findings, selector);
    }
}
