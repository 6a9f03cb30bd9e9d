using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using Gateway.Config;
using Gateway.Config.Diagnostics;
using Gateway.Hosting;
using Spectre.Console;

namespace Gateway.Cli;

/// <summary><c>gateway validate</c>: everything the server would say about a configuration, without serving it.</summary>
internal static class ValidateCommand
{
    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        ConfigOptions config = new();
        Option<string> output = OutputOption.Create();
        ExampleCommand command = new(
            "validate",
            "Check configuration and say what is wrong, with file, line and column. Ends with 1 if there are errors.",
            "gateway validate --config ./istio",
            "gateway validate --config gateway.yaml --config routes/ --mesh-config mesh.yaml",
            "gateway validate --config ./istio --output json");
        config.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            OfflineConfig result = await ConfigInputs.ReadAsync(config.Read(parsed), cancellationToken).ConfigureAwait(false);
            if (OutputOption.IsJson(parsed, output))
                JsonOutput.Write(console.Out, writer => WriteJson(writer, result));
            else
                WriteText(console, result);
            return DiagnosticLines.Count(result.Diagnostics, Severity.Error) > 0 ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static void WriteText(CliConsole console, OfflineConfig result)
    {
        DiagnosticLines.Write(console, console.Out, result.Diagnostics);
        if (console.IsTerminal)
        {
            Table table = new() { Border = TableBorder.Rounded };
            table.AddColumn("Accepted");
            table.AddColumn(new TableColumn("Number").RightAligned());
            foreach ((string kind, int count) in Accepted(result.Config))
                table.AddRow(new Text(kind), new Text($"{count}"));
            console.Ansi.Write(table);
        }
        else
        {
            foreach ((string kind, int count) in Accepted(result.Config))
                console.Out.WriteLine($"{kind}: {count}");
        }
        console.Out.WriteLine(DiagnosticLines.Summary(result.Diagnostics));
    }

    private static void WriteJson(Utf8JsonWriter writer, OfflineConfig result)
    {
        writer.WriteStartObject();
        writer.WriteNumber("errors", DiagnosticLines.Count(result.Diagnostics, Severity.Error));
        writer.WriteNumber("warnings", DiagnosticLines.Count(result.Diagnostics, Severity.Warning));
        writer.WriteStartObject("accepted");
        foreach ((string kind, int count) in Accepted(result.Config))
            writer.WriteNumber(kind, count);
        writer.WriteEndObject();
        DiagnosticJson.WriteArray(writer, "diagnostics", result.Diagnostics);
        writer.WriteEndObject();
    }

    private static ImmutableArray<(string Kind, int Count)> Accepted(ConfigSet config)
    {
        (string Kind, int Count)[] all =
        [
            ("Gateway", config.Gateways.Length),
            ("VirtualService", config.VirtualServices.Length),
            ("DestinationRule", config.DestinationRules.Length),
            ("ServiceEntry", config.ServiceEntries.Length),
            ("WorkloadEntry", config.WorkloadEntries.Length),
            ("Service", config.Services.Length),
            ("EndpointSlice", config.EndpointSlices.Length),
            ("Secret", config.Secrets.Length),
            ("Issuer", config.Issuers.Length),
            ("ConfigMap", config.ConfigMaps.Length),
            ("Namespace", config.Namespaces.Length),
            ("Pod", config.Pods.Length),
        ];
        return [.. all.Where(kind => kind.Count > 0)];
    }
}
