namespace Gateway.Bench;

/// <summary>Where the origins listen.</summary>
/// <param name="Static">Fixed bodies over HTTP/1.1.</param>
/// <param name="StaticTls">The same over TLS.</param>
/// <param name="App">Uploads and WebSockets.</param>
/// <param name="AppHttp2">gRPC, and bodies over HTTP/2 with prior knowledge.</param>
internal sealed record OriginPorts(int Static, int StaticTls, int App, int AppHttp2);

/// <summary>An nginx that serves fixed bodies: cheap, so that the proxy is what saturates and not the processor of the load.</summary>
internal static class StaticOrigin
{
    /// <summary>Sizes of the bodies by path.</summary>
    public static IReadOnlyDictionary<string, int> Bodies { get; } = new Dictionary<string, int>
    {
        ["small"] = 20, ["1k"] = 1024, ["100k"] = 100 * 1024, ["10m"] = 10 * 1024 * 1024,
    };

    public static async Task<ProcessTree> StartAsync(BenchFolder folder, OriginPorts ports)
    {
        string root = Path.Combine(folder.Path, "static");
        foreach ((string name, int size) in Bodies)
        {
            // With and without the prefix that asks a proxy for TLS to the origin.
            foreach (string directory in (string[])[root, Path.Combine(root, "tls")])
            {
                Directory.CreateDirectory(directory);
                await File.WriteAllTextAsync(Path.Combine(directory, name), new string('x', size));
            }
        }

        string config = Path.Combine(folder.Path, "origin.conf");
        await File.WriteAllTextAsync(config, $$"""
            {{NginxParts.Process(folder, "origin")}}
            http {
              {{NginxParts.Http(folder)}}
              keepalive_timeout 1h; open_file_cache max=100; open_file_cache_valid 1h; sendfile on; tcp_nopush off; etag off; default_type text/plain;
              server { listen 127.0.0.1:{{ports.Static}} backlog=1024; listen 127.0.0.1:{{ports.StaticTls}} ssl backlog=1024; root {{root}}; }
            }
            """);
        string log = Path.Combine(folder.Path, "origin.log");
        ProcessTree process = ProcessTree.Start(1, log, "nginx", ["-c", config, "-e", log], []);
        await Ports.WaitAsync(ports.StaticTls, process, log);
        return process;
    }
}
