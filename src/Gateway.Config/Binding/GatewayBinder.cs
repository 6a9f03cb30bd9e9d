using Gateway.Config.Model;

namespace Gateway.Config.Binding;

/// <summary>Reads Istio <c>Gateway</c> bodies.</summary>
internal static class GatewayBinder
{
    public static GatewaySpec GatewaySpec(ObjectReader r) => new()
    {
        Node = r.Node,
        Selector = r.StringMap("selector"),
        Servers = r.List("servers", Server),
    };

    public static Server Server(ObjectReader r) => new()
    {
        Node = r.Node,
        Bind = r.String("bind"),
        DefaultEndpoint = r.String("defaultEndpoint"),
        Hosts = r.Strings("hosts"),
        Name = r.String("name"),
        Port = r.Object("port", ServerPort),
        Tls = r.Object("tls", ServerTlsSettings),
    };

    public static ServerPort ServerPort(ObjectReader r) => new()
    {
        Node = r.Node,
        Name = r.String("name"),
        Number = r.Count("number"),
        Protocol = r.String("protocol"),
        TargetPort = r.Count("targetPort"),
    };

    public static ServerTlsSettings ServerTlsSettings(ObjectReader r) => new()
    {
        Node = r.Node,
        CaCertCredentialName = r.String("caCertCredentialName"),
        CaCertificates = r.String("caCertificates"),
        CaCrl = r.String("caCrl"),
        CipherSuites = r.Strings("cipherSuites"),
        CredentialName = r.String("credentialName"),
        CredentialNames = r.Strings("credentialNames"),
        EcdhCurves = r.Strings("ecdhCurves"),
        HttpsRedirect = r.Boolean("httpsRedirect"),
        InsecureSkipVerify = r.Boolean("insecureSkipVerify"),
        MaxProtocolVersion = r.Enum("maxProtocolVersion", EnumNames.TlsProtocol),
        MinProtocolVersion = r.Enum("minProtocolVersion", EnumNames.TlsProtocol),
        Mode = r.Enum("mode", EnumNames.ServerTlsMode),
        PrivateKey = r.String("privateKey"),
        ServerCertificate = r.String("serverCertificate"),
        SubjectAltNames = r.Strings("subjectAltNames"),
        TlsCertificates = r.List("tlsCertificates", ServerTlsCertificate),
        VerifyCertificateHash = r.Strings("verifyCertificateHash"),
        VerifyCertificateSpki = r.Strings("verifyCertificateSpki"),
    };

    public static ServerTlsCertificate ServerTlsCertificate(ObjectReader r) => new()
    {
        Node = r.Node,
        CaCertificates = r.String("caCertificates"),
        PrivateKey = r.String("privateKey"),
        ServerCertificate = r.String("serverCertificate"),
    };
}
