using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Reads <c>credentialName</c>: a plain name is a Secret in the namespace of the workload, wherever the resource stands.
/// Secrets of other namespaces are the Gateway API's, which grants them.
/// </summary>
internal static class CredentialName
{
    private const string BuiltinScheme = "builtin://";
    private const string InvalidScheme = "invalid://";
    private const string AuthoritySuffix = "-cacert";
    private const string KubernetesScheme = "kubernetes://";
    private const string KubernetesGatewayScheme = "kubernetes-gateway://";

    /// <summary>Whether a name means the certificate that the gateway has as a workload of the mesh.</summary>
    public static bool IsWorkload(string credentialName) => credentialName.StartsWith(BuiltinScheme, StringComparison.Ordinal);

    /// <summary>The Secret or ConfigMap that a name means.</summary>
    public static CertificateReference ToReference(string credentialName, string workloadNamespace)
    {
        if (credentialName.StartsWith(CertificateReference.ConfigMapScheme, StringComparison.Ordinal))
            return ConfigMap(credentialName[CertificateReference.ConfigMapScheme.Length..]);
        if (credentialName.StartsWith(InvalidScheme, StringComparison.Ordinal))
            return new CertificateReference(workloadNamespace, credentialName, null, null, null) { Forbidden = $"{InvalidScheme} stands for a certificate that is never valid." };
        string name = credentialName;
        bool isGranted = name.StartsWith(KubernetesGatewayScheme, StringComparison.Ordinal);
        if (name.StartsWith(KubernetesScheme, StringComparison.Ordinal))
            name = name[KubernetesScheme.Length..];
        else if (name.StartsWith(KubernetesGatewayScheme, StringComparison.Ordinal))
            name = name[KubernetesGatewayScheme.Length..];
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
            return new CertificateReference(workloadNamespace, name, null, null, null);
        string ns = name[..slash];
        return new CertificateReference(ns, name[(slash + 1)..], null, null, null)
        {
            Forbidden = isGranted || ns == workloadNamespace ? null : $"A Secret of the namespace {ns} may not be used by a gateway in {workloadNamespace}.",
        };
    }

    private static CertificateReference ConfigMap(string place)
    {
        // In any namespace: nothing in them is private.
        string[] parts = place.Split('/');
        bool isNamed = parts.Length > 1 && parts[0].Length > 0 && parts[1].Length > 0;
        string name = parts[^1].EndsWith(AuthoritySuffix, StringComparison.Ordinal) ? parts[^1][..^AuthoritySuffix.Length] : parts[^1];
        return new CertificateReference(CertificateReference.ConfigMapScheme + (isNamed ? parts[0] : ""), isNamed ? name : place, null, null, null)
        {
            Forbidden = isNamed ? null : $"{CertificateReference.ConfigMapScheme} needs a namespace and a name.",
        };
    }
}
