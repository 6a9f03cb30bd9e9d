using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Demo;
using Gateway.Hosting;
using Gateway.Sources;

namespace Gateway.Cli;

/// <summary><c>gateway demo</c>: a small bookshop in this process, and the gateway in front of it.</summary>
internal static class DemoCommand
{
    /// <summary>The ports of <c>samples/bookinfo/gateway.yaml</c>.</summary>
    internal const int HttpPort = 8080;
    internal const int HttpsPort = 8443;
    internal const int InternalPort = 9080;

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        Option<string?> folder = new("--config-dir")
        {
            Description = "Serve and watch this folder instead of samples/bookinfo (outside of the repository: a copy of it in ./gateway-demo).",
            HelpName = "PATH",
        };
        Option<int> http = Port("--http-port", HttpPort, "The port for http.");
        Option<int> https = Port("--https-port", HttpsPort, "The port for https.");
        // Nobody else's traffic is in the way of ending at once.
        ServerOptions server = new(drainTime: "0s");
        ExampleCommand command = new(
            "demo",
            "Serve a small bookshop to try the gateway with: pages at http://localhost:8080/productpage, routes in samples/bookinfo.",
            "gateway demo",
            "gateway demo --http-port 9090 --https-port 9443",
            "gateway demo --config-dir ./my-bookinfo --access-log text");
        command.Add(folder);
        command.Add(http);
        command.Add(https);
        server.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (FindFiles(console, parsed.GetValue(folder)) is not { } files)
                return ExitCode.Failure;

            BootstrapOptions options = server.Apply(parsed, new BootstrapOptions
            {
                ConfigPaths = [DemoGuide.Shown(files.Config)],
                PortMap = new PortMap(
                    ImmutableDictionary<int, int>.Empty
                        .Add(HttpPort, parsed.GetValue(http))
                        .Add(HttpsPort, parsed.GetValue(https))
                        .Add(InternalPort, 0),
                    OthersAnyFree: false),
            });
            return await RunAsync(console, files, options, server.Levels(parsed), server.JsonLogs(parsed), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CliConsole console, DemoFiles files, BootstrapOptions options, Observability.LogLevels levels, bool jsonLogs, CancellationToken cancellationToken)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        GatewayHost? gateway = null;
        bool failed = false;
        await using Bookinfo shop = await Bookinfo
            .StartAsync(() => Volatile.Read(ref gateway)?.DataPlane.Listeners.EndPointOf(InternalPort)?.Port ?? 0, cancellationToken)
            .ConfigureAwait(false);
        using EndpointsFolder endpoints = EndpointsFolder.Write(shop.Endpoints);
        options = options with
        {
            ConfigPaths = [.. options.ConfigPaths, endpoints.Path],
            // The private key stays in memory.
            Source = new MemoryConfigSource([new ConfigDocument("demo/certificate", Encoding.UTF8.GetBytes(BookinfoDocuments.Secret(DemoCertificate.Create(TimeProvider.System))))]),
        };
        int code = await GatewayRunner.RunAsync(console, options, levels, jsonLogs, Started, stop.Token).ConfigureAwait(false);
        return failed ? ExitCode.Failure : code;

        async Task Started(GatewayHost host, CancellationToken _)
        {
            Volatile.Write(ref gateway, host);
            Diagnostic? portInUse = host.LastPass.Diagnostics.FirstOrDefault(finding => finding.Code == DiagnosticCatalogue.PortUnavailable.Code);
            if (portInUse is null)
            {
                DemoGuide.Write(console, host, shop.Endpoints, files, endpoints.Path);
                return;
            }

            failed = true;
            await console.Error.WriteLineAsync($"gateway: {portInUse.Message} Choose other ports with --http-port and --https-port.").ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private static DemoFiles? FindFiles(CliConsole console, string? named)
    {
        try
        {
            if (named is null || Directory.Exists(named))
                return DemoFiles.Find(named, Environment.CurrentDirectory);

            console.Error.WriteLine($"gateway: there is no folder '{named}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            console.Error.WriteLine($"gateway: the demo's files cannot be written: {e.Message} Name a folder with --config-dir.");
        }

        return null;
    }

    private static Option<int> Port(string name, int port, string description)
    {
        Option<int> option = new(name) { Description = description, HelpName = "PORT", DefaultValueFactory = _ => port };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort _))
                result.AddError($"{name} '{text}': write a port from 0 (any free one) to 65535.");
        });
        return option;
    }
}
