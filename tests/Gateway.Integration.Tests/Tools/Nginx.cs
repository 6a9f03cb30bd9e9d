namespace Gateway.Integration.Tests.Tools;

/// <summary>Debian's nginx as a server that ends TLS, in a folder of its own.</summary>
internal static class Nginx
{
    /// <summary>Starts it.</summary>
    /// <param name="files">The files its settings need, by name.</param>
    /// <param name="server">Makes the settings of its one server, given the folder of the files.</param>
    public static Task<ServerProcess> StartAsync(IReadOnlyDictionary<string, string> files, Func<string, string> server) => ServerProcess.StartAsync(
        "nginx",
        (folder, port) =>
        {
            foreach ((string name, string text) in files)
                File.WriteAllText(Path.Combine(folder, name), text);
            string settings = Path.Combine(folder, "nginx.conf");
            File.WriteAllText(settings, $$"""
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
                    {{server(folder)}}
                  }
                }
                """);
            return ["-p", folder, "-e", "stderr", "-c", settings];
        });
}
