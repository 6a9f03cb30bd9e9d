using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Gateway.Bench;

/// <summary>YARP as its documentation has it: routes and clusters from memory, logging off.</summary>
internal static class PlainYarp
{
    /// <summary>Proxies until the process is ended. The folder holds the certificate and the file <c>ports</c>.</summary>
    public static async Task<int> RunAsync(string folder)
    {
        int[] ports = [.. (await File.ReadAllTextAsync(Path.Combine(folder, "ports"))).Split(' ').Select(int.Parse)];
        using X509Certificate2 pem = X509Certificate2.CreateFromPemFile(Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.Http2.MaxStreamsPerConnection = 1000;
            options.Listen(IPAddress.Loopback, ports[0]);
            options.Listen(IPAddress.Loopback, ports[1], listen => listen.UseHttps(certificate));
            options.Listen(IPAddress.Loopback, ports[2], listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddReverseProxy().LoadFromMemory(
            [
                Route("grpc", "/bench.Echo/{**rest}", "h2c"), Route("h2c", "/h2c/{**rest}", "h2c"), Route("tls", "/tls/{**rest}", "tls"),
                Route("app", "/app/{**rest}", "app"), Route("all", "{**all}", "static"),
            ],
            [
                Cluster("static", $"http://127.0.0.1:{ports[3]}", HttpVersion.Version11),
                // Not verified, like nginx's by default.
                Cluster("tls", $"https://127.0.0.1:{ports[4]}", HttpVersion.Version11) with { HttpClient = new HttpClientConfig { DangerousAcceptAnyServerCertificate = true } },
                Cluster("app", $"http://127.0.0.1:{ports[5]}", HttpVersion.Version11),
                Cluster("h2c", $"http://127.0.0.1:{ports[6]}", HttpVersion.Version20),
            ]);
        WebApplication app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
        return 0;
    }

    private static RouteConfig Route(string id, string path, string cluster) =>
        new() { RouteId = id, ClusterId = cluster, Order = id == "all" ? 1 : 0, Match = new RouteMatch { Path = path } };

    private static ClusterConfig Cluster(string id, string address, Version version) => new()
    {
        ClusterId = id,
        Destinations = new Dictionary<string, DestinationConfig> { ["one"] = new() { Address = address } },
        HttpRequest = new ForwarderRequestConfig { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact },
    };
}
