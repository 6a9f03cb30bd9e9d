using System.Globalization;

namespace Gateway.Bench;

/// <summary>A proxy under measurement: how it is configured and started. Each gets a plain port, a TLS port and a port for HTTP/2 without TLS.</summary>
internal abstract class Contender(string name)
{
    /// <summary>Name in the tables.</summary>
    public string Name => name;

    public int Plain { get; protected set; } = Ports.Free();

    public int Tls { get; } = Ports.Free();

    /// <summary>Where HTTP/2 with prior knowledge is spoken.</summary>
    public int H2c { get; protected set; } = Ports.Free();

    /// <summary>The running program.</summary>
    public ProcessTree Process { get; private set; } = null!;

    /// <summary>Whether code is compiled while it runs, so that it needs a longer start.</summary>
    public virtual bool NeedsWarmUp => false;

    /// <summary>Whether it can do the scenario.</summary>
    public virtual bool Can(Scenario scenario) => true;

    /// <summary>Writes its configuration and starts it on CPU 0.</summary>
    public async Task StartAsync(BenchFolder folder, int http1, int http2)
    {
        string log = Path.Combine(folder.Path, name + ".log");
        (string program, string[] args) = await ConfigureAsync(folder, http1, http2);
        Process = ProcessTree.Start(0, log, program, args);
        await Ports.WaitAsync(Plain, Process, log);
    }

    protected abstract Task<(string Program, string[] Args)> ConfigureAsync(BenchFolder folder, int http1, int http2);

    protected static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>nginx with one worker and upstream keep-alive.</summary>
internal sealed class Nginx() : Contender("nginx")
{
    public override bool Can(Scenario scenario) => scenario.Upstream != Upstream.Http2;

    protected override async Task<(string Program, string[] Args)> ConfigureAsync(BenchFolder folder, int http1, int http2)
    {
        string config = Path.Combine(folder.Path, "nginx.conf");
        await File.WriteAllTextAsync(config, $$"""
            daemon off; user root; worker_processes 1; pid {{folder.Path}}/nginx.pid; error_log {{folder.Path}}/nginx.log error;
            events { worker_connections 16384; }
            http {
              access_log off; client_max_body_size 0; keepalive_requests 1000000000;
              client_body_temp_path {{folder.Path}}/nginx-body; proxy_temp_path {{folder.Path}}/nginx-proxy;
              fastcgi_temp_path {{folder.Path}}/nginx-f; uwsgi_temp_path {{folder.Path}}/nginx-u; scgi_temp_path {{folder.Path}}/nginx-s;
              ssl_certificate {{folder.Path}}/cert.pem; ssl_certificate_key {{folder.Path}}/key.pem; ssl_session_cache shared:s:1m; ssl_protocols TLSv1.2 TLSv1.3;
              map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
              upstream http1 { server 127.0.0.1:{{http1}}; keepalive 1024; keepalive_requests 1000000000; }
              upstream http2 { server 127.0.0.1:{{http2}}; keepalive 64; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:{{Plain}}; listen 127.0.0.1:{{Tls}} ssl http2; listen 127.0.0.1:{{H2c}} http2;
                http2_max_concurrent_streams 1000;
                location / { proxy_pass http://http1; proxy_http_version 1.1; proxy_set_header Connection $connection_upgrade; proxy_set_header Upgrade $http_upgrade; }
                location /bench.Echo/ { grpc_pass grpc://http2; }
              }
            }
            """);
        return ("nginx", ["-c", config, "-e", Path.Combine(folder.Path, "nginx.log")]);
    }
}

/// <summary>HAProxy with one thread.</summary>
internal sealed class Haproxy() : Contender("haproxy")
{
    protected override async Task<(string Program, string[] Args)> ConfigureAsync(BenchFolder folder, int http1, int http2)
    {
        string config = Path.Combine(folder.Path, "haproxy.cfg");
        await File.WriteAllTextAsync(config, $"""
            global
              nbthread 1
              maxconn 9000
              tune.h2.max-concurrent-streams 1000
            defaults
              mode http
              timeout connect 10s
              timeout client 60s
              timeout server 60s
              http-reuse always
            frontend all
              bind 127.0.0.1:{Plain}
              bind 127.0.0.1:{Tls} ssl crt {folder.Path}/both.pem alpn h2,http/1.1
              bind 127.0.0.1:{H2c} proto h2
              use_backend http2 if {"{"} path_beg /h2c/ /bench.Echo/ {"}"}
              default_backend http1
            backend http1
              server one 127.0.0.1:{http1}
            backend http2
              http-request replace-path /h2c(/.*) \1
              server one 127.0.0.1:{http2} proto h2

            """);
        return ("haproxy", ["-db", "-f", config]);
    }
}

/// <summary><see cref="PlainYarp"/>.</summary>
internal sealed class Yarp() : Contender("yarp")
{
    public override bool NeedsWarmUp => true;

    protected override async Task<(string Program, string[] Args)> ConfigureAsync(BenchFolder folder, int http1, int http2)
    {
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "ports"), $"{Plain} {Tls} {H2c} {http1} {http2}");
        return ("dotnet", [typeof(Yarp).Assembly.Location, "yarp", folder.Path]);
    }
}
