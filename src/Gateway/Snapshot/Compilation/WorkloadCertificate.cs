using Gateway.Tls;

namespace Gateway.Snapshot.Compilation;

/// <summary>The gateway's own certificate as a workload of the mesh, in the files that Istio mounts.</summary>
internal static class WorkloadCertificate
{
    /// <summary>Certificate, key and the mesh's authorities in a folder.</summary>
    public static CertificateReference In(string folder) => new(
        null, null, Path.Combine(folder, "cert-chain.pem"), Path.Combine(folder, "key.pem"), Path.Combine(folder, "root-cert.pem"));
}
