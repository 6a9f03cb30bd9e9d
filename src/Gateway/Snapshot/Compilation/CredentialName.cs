using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>Reads <c>credentialName</c>: a plain name is a Secret in the namespace of the workload, wherever the resource stands.</summary>
internal static class CredentialName
{
    private const string KubernetesScheme = "kubernetes://";
    private const string KubernetesGatewayScheme = "kubernetes-gateway://";

    /// <summary>The Secret that a name means.</summary>
    public static CertificateReference ToReference(string credentialName, string workloadNamespace)
    {
        string name = credentialName;
        if (name.StartsWith(KubernetesScheme, StringComparison.Ordinal))
            name = name[KubernetesScheme.Length..];
        else if (name.StartsWith(KubernetesGatewayScheme, StringComparison.Ordinal))
            name = name[KubernetesGatewayScheme.Length..];
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return slash < 0
            ? new CertificateReference(workloadNamespace, name, null, null, null)
            : new CertificateReference(name[..slash], name[(slash + 1)..], null, null, null);
    }
}
