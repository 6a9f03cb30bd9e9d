using Gateway.Testing;

namespace Gateway.Integration.Tests.Tools;

/// <summary>
/// An nginx with <c>ssl_verify_client on</c>. It answers with what it saw: the client's verdict and subject, and
/// the server name of the handshake, each in a line; at <c>/session</c> with whether the session was resumed (<c>r</c>), the
/// subject and the number of the connection. It ends a connection after 200 requests, so that renewed certificates are seen soon.
/// </summary>
internal static class VerifyingNginx
{
    /// <summary>Starts it.</summary>
    /// <param name="clients">Whose client certificates it takes.</param>
    /// <param name="certificate">Its own certificate.</param>
    /// <param name="grpcPort">Where gRPC goes on in plain text, with the subject in <c>x-client-subject</c>; 0 = nowhere.</param>
    /// <param name="protocol">The only version of TLS it speaks; null = those it speaks by itself.</param>
    /// <param name="keepaliveRequests">Requests on one connection.</param>
    public static Task<ServerProcess> StartAsync(
        TestCertificates clients, TestCertificate certificate, int grpcPort = 0, string? protocol = null, int keepaliveRequests = 200)
    {
        string grpc = grpcPort == 0 ? "" : $"location /echo.Echo/ {{ grpc_pass grpc://127.0.0.1:{grpcPort}; grpc_set_header x-client-subject $ssl_client_s_dn; }}";
        var files = new Dictionary<string, string> { ["cert.pem"] = certificate.CertificatePem, ["key.pem"] = certificate.KeyPem, ["clients.pem"] = clients.AuthorityPem };
        return Nginx.StartAsync(files, folder => $$"""
            ssl_certificate {{folder}}/cert.pem;
            ssl_certificate_key {{folder}}/key.pem;
            ssl_client_certificate {{folder}}/clients.pem;
            ssl_verify_client on;
            {{(protocol is null ? "" : $"ssl_protocols {protocol};")}}
            keepalive_requests {{keepaliveRequests}};
            default_type text/plain;
            location / { return 200 "$ssl_client_verify\n$ssl_client_s_dn\n$ssl_server_name"; }
            location /session { return 200 "$ssl_session_reused\n$ssl_client_s_dn\n$connection"; }
            {{grpc}}
            """);
    }
}
