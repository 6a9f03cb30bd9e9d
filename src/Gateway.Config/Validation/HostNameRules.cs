using System.Globalization;
using Gateway.Config.Model;

namespace Gateway.Config.Validation;

/// <summary>
/// What may stand where a host is asked for. Each rule returns the reason why the text is refused, or null;
/// callers know the field and report it.
/// </summary>
internal static class HostNameRules
{
    private const int MaxLength = 255;

    /// <summary>A domain name without wildcard; a trailing dot is allowed, an all-numeric last label is not.</summary>
    public static string? Fqdn(string? host) => LengthFault(host) ?? LabelsFault(host!, host!);

    /// <summary>A domain name whose first label may be or begin with a wildcard.</summary>
    public static string? WildcardDomain(string? host)
    {
        if (LengthFault(host) is { } fault)
            return fault;
        int dot = host!.IndexOf('.', StringComparison.Ordinal);
        ReadOnlySpan<char> first = dot < 0 ? host : host.AsSpan(0, dot);
        if (!LabelRules.IsWildcardDnsLabel(first))
            return $"Domain name \"{host}\" is invalid: \"{first}\" is no valid label.";
        return dot < 0 ? null : LabelsFault(host, host[(dot + 1)..]);
    }

    /// <summary>
    /// A host of a VirtualService bound to a gateway. With SNI matches it may also be a name as generated for
    /// AUTO_PASSTHROUGH: <c>outbound_.PORT_._.HOST</c>.
    /// </summary>
    public static string? GatewayBoundDomain(bool sni, string? host)
    {
        if (LengthFault(host) is { } fault)
            return fault;
        if (!sni || !host!.StartsWith("outbound_", StringComparison.Ordinal))
            return WildcardDomain(host);
        string[] parts = host.Split('_');
        bool wellFormed = parts.Length >= 4
            && parts[1].Any(char.IsAsciiDigit)
            && parts[3].Any(char.IsAsciiLetter);
        return wellFormed ? null : $"Domain name \"{host}\" is invalid: a generated name has the form outbound_.PORT_._.HOST.";
    }

    /// <summary><c>*</c> alone and <c>*.suffix</c> pass, <c>*suffix</c> does not.</summary>
    public static string? PartialWildcard(string host) =>
        host.Contains('*', StringComparison.Ordinal) && host.Length != 1 && !host.StartsWith("*.", StringComparison.Ordinal)
            ? $"Partial wildcard \"{host}\" is not allowed; write \"*.\" and a domain."
            : null;

    /// <summary>A host of a Gateway server: <c>host</c> or <c>namespace/host</c>.</summary>
    /// <param name="findings">Where reasons go.</param>
    /// <param name="server">The server.</param>
    /// <param name="index">The host's place in the list.</param>
    /// <param name="fromGatewayApi">Converted from the Kubernetes Gateway API: the namespace may be <c>~</c>.</param>
    public static void CheckServerHost(Findings findings, Server server, int index, bool fromGatewayApi)
    {
        string text = server.Hosts[index];
        string host = text;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            string ns = text[..slash];
            host = text[(slash + 1)..];
            if (ns.Length == 0 || host.Length == 0)
                findings.Error(server, "hosts", index, "Neither the namespace nor the host name of \"namespace/host\" may be empty.");
            if (ns is not ("*" or ".") && !(ns == "~" && fromGatewayApi) && !LabelRules.IsDnsLabel(ns))
                findings.Error(server, "hosts", index, $"Invalid namespace \"{ns}\" in the gateway's host; write a namespace, \".\" or \"*\".");
        }

        if (host != "*" && !host.Contains('.', StringComparison.Ordinal))
            findings.Error(server, "hosts", index, $"Short names (non FQDN) such as \"{host}\" are not allowed.");
        if (WildcardDomain(host) is { } fault && !AddressRules.IsIpAddress(host))
            findings.Error(server, "hosts", index, fault);
        if (PartialWildcard(host) is { } partial)
            findings.Error(server, "hosts", index, partial);
    }

    /// <summary>Whether the host begins with <c>*</c>.</summary>
    public static bool IsWildcard(string host) => host.StartsWith('*');

    private static string? LengthFault(string? host)
    {
        if (string.IsNullOrEmpty(host))
            return "An empty domain name is not allowed.";
        return host.Length > MaxLength ? $"A domain name of {host.Length} characters is too long; at most {MaxLength} are allowed." : null;
    }

    private static string? LabelsFault(string whole, string labels)
    {
        string last = labels[(labels.LastIndexOf('.') + 1)..];
        if (long.TryParse(last, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            return $"Domain name \"{whole}\" is invalid: the top level domain \"{last}\" cannot be all-numeric.";
        ReadOnlySpan<char> rest = labels;
        while (true)
        {
            int dot = rest.IndexOf('.');
            ReadOnlySpan<char> label = dot < 0 ? rest : rest[..dot];
            // An unambiguous name ends in a dot: its last label is empty.
            if (dot < 0 && label.IsEmpty)
                return null;
            if (!LabelRules.IsDnsLabel(label))
                return $"Domain name \"{whole}\" is invalid: \"{label}\" is no valid label.";
            if (dot < 0)
                return null;
            rest = rest[(dot + 1)..];
        }
    }
}
