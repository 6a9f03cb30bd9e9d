using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>
/// Reads <c>credentialName</c>: a plain name is a Secret in the namespace of the workload, wherever the resource stands.
/// Secrets of other namespaces are the Gateway API's, which grants them.
/// </summary>
internal static class CredentialName
{
    private const string KubernetesScheme = "kubernetes://";
    private const string KubernetesGatewayScheme = "kubernetes-gateway://";

    /// <summary>The Secret that a name means.</summary>
    public static CertificateReference ToReference(string credentialName, string workloadNamespace)
    {
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
}
