using Gateway.Testing;

namespace Gateway.Integration.Tests.Tools;

/// <summary>Debian's nginx that ends TLS with nothing set but its certificates.</summary>
internal static class PlainNginx
{
    /// <summary>Starts it.</summary>
    public static Task<ServerProcess> StartAsync(params TestCertificate[] certificates) => ServerProcess.StartAsync(
        "nginx",
        (folder, port) =>
        {
            List<string> settings = [];
            for (int i = 0; i < certificates.Length; i++)
            {
                File.WriteAllText(Path.Combine(folder, $"{i}.pem"), certificates[i].CertificatePem);
                File.WriteAllText(Path.Combine(folder, $"{i}.key"), certificates[i].KeyPem);
                settings.Add($"ssl_certificate {folder}/{i}.pem; ssl_certificate_key {folder}/{i}.key;");
            }
            string file = Path.Combine(folder, "nginx.conf");
            File.WriteAllText(file, $$"""
                daemon off;
                worker_processes 1;
                pid {{folder}}/nginx.pid;
                error_log stderr;
                events {}
                http {
                  access_log off;
                  client_body_temp_path {{folder}}/body;
                  proxy_temp_path {{folder}}/proxy;
                  fastcgi_temp_path {{folder}}/fastcgi;
                  uwsgi_temp_path {{folder}}/uwsgi;
                  scgi_temp_path {{folder}}/scgi;
                  server {
                    listen 127.0.0.1:{{port}} ssl http2;
                    {{string.Join("\n    ", settings)}}
                    location / { return 200 "ok"; }
                  }
                }
                """);
            return ["-p", folder, "-e", "stderr", "-c", file];
        });
}
