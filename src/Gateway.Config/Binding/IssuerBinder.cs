using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads cert-manager's Issuers and ClusterIssuers, as far as they speak ACME.</summary>
internal static class IssuerBinder
{
    public static IssuerSpec IssuerSpec(ObjectReader r)
    {
        IssuerSpec spec = new() { Node = r.Node, Acme = r.Object("acme", Acme) };
        r.Ignore("ca", "vault", "selfSigned", "venafi");
        return spec;
    }

    private static AcmeIssuer Acme(ObjectReader r)
    {
        AcmeIssuer acme = new()
        {
            Node = r.Node,
            Server = r.String("server") ?? "",
            Email = r.String("email") ?? "",
            PrivateKey = r.Object("privateKeySecretRef", SecretKey),
            ExternalAccount = r.Object("externalAccountBinding", ExternalAccount),
            CaBundle = r.String("caBundle") ?? "",
            PreferredChain = r.String("preferredChain") ?? "",
            Solvers = r.List("solvers", Solver),
        };
        r.Ignore("skipTLSVerify", "disableAccountKeyGeneration", "enableDurationFeature", "profile");
        return acme;
    }

    private static ExternalAccountBinding ExternalAccount(ObjectReader r)
    {
        ExternalAccountBinding binding = new() { Node = r.Node, KeyId = r.String("keyID") ?? "", Key = r.Object("keySecretRef", SecretKey) };
        r.Ignore("keyAlgorithm");
        return binding;
    }

    private static AcmeSolver Solver(ObjectReader r)
    {
        AcmeSolver solver = new() { Node = r.Node, IsHttp01 = r.Object("http01", Anything) is not null, IsDns01 = r.Node["dns01"] is not null };
        r.Ignore("dns01", "selector");
        return solver;
    }

    private static AcmeSolver Anything(ObjectReader r)
    {
        r.IgnoreRest();
        return new AcmeSolver { Node = r.Node };
    }

    private static SecretKeyReference SecretKey(ObjectReader r) => new() { Node = r.Node, Name = r.String("name") ?? "", Key = r.String("key") ?? "" };
}
