namespace Gateway.Bench;

/// <summary>nginx with one worker and upstream keep-alive.</summary>
internal sealed class Nginx() : Contender("nginx")
{
    public override async Task<Command> ConfigureAsync(BenchFolder folder, OriginPorts origins)
    {
        string config = Path.Combine(folder.Path, "nginx.conf");
        await File.WriteAllTextAsync(config, $$"""
            load_module {{NginxParts.StreamModule}};
            {{NginxParts.Process(folder, "nginx")}}
            http {
              {{NginxParts.Http(folder)}}
              map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
              upstream static { server 127.0.0.1:{{origins.Static}}; keepalive 1024; keepalive_requests 1000000000; }
              upstream static_tls { server 127.0.0.1:{{origins.StaticTls}}; keepalive 1024; keepalive_requests 1000000000; }
              upstream app { server 127.0.0.1:{{origins.App}}; keepalive 1024; keepalive_requests 1000000000; }
              upstream app_http2 { server 127.0.0.1:{{origins.AppHttp2}}; keepalive 64; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:{{Plain}} backlog=1024; listen 127.0.0.1:{{Tls}} ssl http2 backlog=1024; listen 127.0.0.1:{{H2c}} http2;
                http2_max_concurrent_streams 1000;
                proxy_http_version 1.1; proxy_set_header Connection "";
                location / { proxy_pass http://static; }
                location /tls/ { proxy_pass https://static_tls; }
                location /app/ { proxy_pass http://app; proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade; }
                location /bench.Echo/ { grpc_pass grpc://app_http2; }
              }
            }
            stream {
              map $ssl_preread_server_name $passthrough { default 127.0.0.1:{{origins.StaticTls}}; }
              server { listen 127.0.0.1:{{Tcp}}; proxy_pass 127.0.0.1:{{origins.Static}}; }
              server { listen 127.0.0.1:{{Passthrough}}; ssl_preread on; proxy_pass $passthrough; }
            }
            """);
        return new Command("nginx", ["-c", config, "-e", Path.Combine(folder.Path, "nginx.log")]);
    }
}

/// <summary>What nginx's configurations have in common.</summary>
internal static class NginxParts
{
    /// <summary>Where Debian's package has it.</summary>
    public const string StreamModule = "/usr/lib/nginx/modules/ngx_stream_module.so";

    public static string Process(BenchFolder folder, string name) => $$"""
        daemon off; user root; worker_processes 1; pid {{folder.Path}}/{{name}}.pid; error_log {{folder.Path}}/{{name}}.log error;
        events { worker_connections 16384; }
        """;

    public static string Http(BenchFolder folder) => $$"""
        access_log off; client_max_body_size 0; keepalive_requests 1000000000;
          client_body_temp_path {{folder.Path}}/nginx-body; proxy_temp_path {{folder.Path}}/nginx-proxy;
          fastcgi_temp_path {{folder.Path}}/nginx-f; uwsgi_temp_path {{folder.Path}}/nginx-u; scgi_temp_path {{folder.Path}}/nginx-s;
          ssl_certificate {{folder.Path}}/cert.pem; ssl_certificate_key {{folder.Path}}/key.pem; ssl_session_cache shared:s:1m; ssl_protocols TLSv1.2 TLSv1.3;
        """;
}
