using System.CommandLine;

namespace Gateway.Cli;

/// <summary><c>gateway run</c>: serves a configuration until it is told to end.</summary>
internal static class RunCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        ConfigOptions config = new();
        ServerOptions server = new();
        ExampleCommand command = new(
            "run",
            "Serve configuration, and follow its changes. SIGTERM drains, SIGHUP re-reads, SIGUSR1 reopens the access log.",
            "gateway run --config ./istio",
            "gateway run --config ./istio --port-map 80=8080 --port-map 443=8443 --access-log text",
            "gateway run --config /etc/gateway --labels istio=ingressgateway --namespace istio-system");
        config.AddTo(command);
        server.AddTo(command);
        command.SetAction((parsed, cancellationToken) => GatewayRunner.RunAsync(
            console,
            server.Apply(parsed, config.Read(parsed)),
            server.Levels(parsed),
            server.JsonLogs(parsed),
            static (_, _) => Task.CompletedTask,
            cancellationToken));
        return command;
    }
}
