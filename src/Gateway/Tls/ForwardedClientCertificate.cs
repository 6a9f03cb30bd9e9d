using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Config;

namespace Gateway.Tls;

/// <summary>Writes Envoy's <c>x-forwarded-client-cert</c>: <c>By; Hash; Cert; Subject; URI; DNS</c>, in this order.</summary>
internal static class ForwardedClientCertificate
{
    /// <summary>The element for a client certificate.</summary>
    /// <param name="client">The client's certificate.</param>
    /// <param name="server">Ours; its URI names stand in <c>By</c>.</param>
    /// <param name="details">Istio's <c>setCurrentClientCertDetails</c>; empty = cert, subject, uri and dns.</param>
    public static string Format(X509Certificate2 client, X509Certificate2? server, EquatableArray<string> details)
    {
        var text = new StringBuilder();
        if (server is not null)
        {
            foreach (SubjectAltName name in SubjectAltName.ReadAll(server))
            {
                if (name.Kind == SubjectAltNameKind.Uri)
                    Add(text, "By", name.Value);
            }
        }
        Add(text, "Hash", client.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());
        if (Wants(details, "cert"))
            Add(text, "Cert", $"\"{Uri.EscapeDataString(client.ExportCertificatePem() + "\n")}\"");
        if (Wants(details, "subject"))
            Add(text, "Subject", $"\"{Rfc2253(client.SubjectName)}\"");
        IReadOnlyList<SubjectAltName> names = SubjectAltName.ReadAll(client);
        if (Wants(details, "uri"))
            AddNames(text, "URI", SubjectAltNameKind.Uri, names, evenIfNone: true);
        if (Wants(details, "dns"))
            AddNames(text, "DNS", SubjectAltNameKind.Dns, names, evenIfNone: false);
        return text.ToString();
    }

    private static bool Wants(EquatableArray<string> details, string name)
    {
        if (details.IsEmpty)
            return true;
        foreach (string detail in details)
        {
            if (detail.Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static void AddNames(StringBuilder text, string key, SubjectAltNameKind kind, IReadOnlyList<SubjectAltName> names, bool evenIfNone)
    {
        bool any = false;
        foreach (SubjectAltName name in names)
        {
            if (name.Kind != kind)
                continue;
            Add(text, key, name.Value);
            any = true;
        }
        if (!any && evenIfNone)
            Add(text, key, "");
    }

    private static void Add(StringBuilder text, string key, string value)
    {
        if (text.Length > 0)
            text.Append(';');
        text.Append(key).Append('=').Append(value);
    }

    private static string Rfc2253(X500DistinguishedName name)
    {
        var text = new StringBuilder();
        foreach (X500RelativeDistinguishedName part in name.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            if (part.HasMultipleElements)
                return name.Name;
            if (text.Length > 0)
                text.Append(',');
            Oid type = part.GetSingleElementType();
            text.Append(type.FriendlyName ?? type.Value).Append('=');
            foreach (char c in part.GetSingleElementValue() ?? "")
            {
                if (",+\"\\<>;".Contains(c, StringComparison.Ordinal))
                    text.Append('\\');
                text.Append(CultureInfo.InvariantCulture, $"{c}");
            }
        }
        return text.ToString();
    }
}
