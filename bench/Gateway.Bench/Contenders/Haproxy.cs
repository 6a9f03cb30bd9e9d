namespace Gateway.Bench;

/// <summary>HAProxy with one thread.</summary>
internal sealed class Haproxy() : Contender("haproxy")
{
    public override async Task<Command> ConfigureAsync(BenchFolder folder, OriginPorts origins)
    {
        string config = Path.Combine(folder.Path, "haproxy.cfg");
        await File.WriteAllTextAsync(config, $$"""
            global
              nbthread 1
              maxconn 9000
              tune.h2.max-concurrent-streams 1000
              tune.ssl.default-dh-param 2048
            defaults
              timeout connect 10s
              timeout client 120s
              timeout server 120s
              timeout tunnel 120s
            frontend http
              mode http
              bind 127.0.0.1:{{Plain}} backlog 1024
              bind 127.0.0.1:{{Tls}} ssl crt {{folder.Path}}/both.pem alpn h2,http/1.1 backlog 1024
              bind 127.0.0.1:{{H2c}} proto h2
              use_backend app_http2 if { path_beg /h2c/ /bench.Echo/ }
              use_backend static_tls if { path_beg /tls/ }
              use_backend app if { path_beg /app/ }
              default_backend static
            frontend tcp
              mode tcp
              bind 127.0.0.1:{{Tcp}}
              default_backend tcp_static
            frontend passthrough
              mode tcp
              bind 127.0.0.1:{{Passthrough}}
              tcp-request inspect-delay 5s
              tcp-request content accept if { req.ssl_hello_type 1 }
              use_backend tcp_static_tls if { req.ssl_sni -m found }
              default_backend tcp_static_tls
            backend static
              mode http
              http-reuse always
              server one 127.0.0.1:{{origins.Static}}
            backend static_tls
              mode http
              http-reuse always
              server one 127.0.0.1:{{origins.StaticTls}} ssl verify required ca-file {{folder.Path}}/cert.pem sni str(localhost) verifyhost localhost
            backend app
              mode http
              http-reuse always
              server one 127.0.0.1:{{origins.App}}
            backend app_http2
              mode http
              http-reuse always
              server one 127.0.0.1:{{origins.AppHttp2}} proto h2
            backend tcp_static
              mode tcp
              server one 127.0.0.1:{{origins.Static}}
            backend tcp_static_tls
              mode tcp
              server one 127.0.0.1:{{origins.StaticTls}}

            """);
        return new Command("haproxy", ["-db", "-f", config]);
    }
}
