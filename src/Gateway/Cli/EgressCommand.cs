using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gateway.Matching;
using Gateway.Streams;

namespace Gateway.Cli;

/// <summary><c>gateway egress suggest</c>: the ServiceEntries that would allow what a running gateway's forward proxies have refused.</summary>
internal static class EgressCommand
{
    private const int TlsPort = 443;

    /// <summary>Makes the verb.</summary>
    public static Command Create(CliConsole console)
    {
        AdminClient admin = new(console);
        Option<string> @namespace = new("--namespace", "-n") { Description = "The namespace of the ServiceEntries.", HelpName = "NAME", DefaultValueFactory = _ => "default" };
        ExampleCommand suggest = new(
            "suggest",
            "Write ServiceEntries for what was refused, the most wanted first. Nothing is changed.",
            "gateway egress suggest > allowed.yaml");
        admin.AddTo(suggest);
        suggest.Add(@namespace);
        suggest.SetAction(async (parsed, cancellationToken) =>
        {
            using JsonDocument? page = await admin.ReadAsync(parsed, "/egress/denied", cancellationToken).ConfigureAwait(false);
            if (page is null)
                return ExitCode.Failure;
            Write(console.Out, page.RootElement, parsed.GetValue(@namespace)!);
            return ExitCode.Success;
        });
        return new ExampleCommand("egress", "What goes out through the gateway.", [.. suggest.Examples]) { suggest };
    }

    /// <summary>Writes the documents.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="denied">The admin port's page.</param>
    /// <param name="ns">The namespace.</param>
    internal static void Write(TextWriter target, JsonElement denied, string ns)
    {
        var hosts = denied.EnumerateArray()
            .Select(one => (
                Host: one.GetProperty("host").GetString()!,
                Port: one.GetProperty("port").GetInt32(),
                Protocol: one.GetProperty("protocol").GetString(),
                Source: one.GetProperty("source").GetString()!,
                Count: one.GetProperty("count").GetInt64()))
            .GroupBy(one => one.Host, StringComparer.OrdinalIgnoreCase)
            .OrderByDescending(host => host.Sum(one => one.Count))
            .ToArray();
        if (hosts.Length == 0)
            target.WriteLine("# Nothing was refused.");
        foreach (var host in hosts)
        {
            string demand = string.Create(CultureInfo.InvariantCulture, $"asked for {host.Sum(one => one.Count)} times by {string.Join(", ", host.Select(one => one.Source).Distinct().Take(5))}");
            int[] ports = [.. host.Where(one => one.Port > 0).Select(one => one.Port).Distinct().Order()];
            if (EgressTarget.Parse(host.Key, out EgressTarget? name) is not null || name!.Address is not null || EgressTarget.Refusal(name.Host) is not null || ports.Length == 0)
            {
                // What clients sent stands in a comment only as far as it cannot end one.
                target.WriteLine($"# {new string([.. host.Key.Where(c => c is > ' ' and < '\u007f')])}: {demand}; only a name with a port can be allowed by a ServiceEntry.");
                continue;
            }
            target.WriteLine("---");
            target.WriteLine($"# {demand}");
            if (host.Any(one => one.Protocol == EgressDenial.Tls))
                target.WriteLine("# It came as TLS to be passed through: a tls route of a VirtualService must name it too.");
            target.WriteLine("apiVersion: networking.istio.io/v1");
            target.WriteLine("kind: ServiceEntry");
            target.WriteLine("metadata:");
            target.WriteLine($"  name: allow-{name.Host.Replace('.', '-').Replace('_', '-')}");
            target.WriteLine($"  namespace: {ns}");
            target.WriteLine("spec:");
            target.WriteLine($"  hosts: [{name.Host}]");
            target.WriteLine("  location: MESH_EXTERNAL");
            target.WriteLine("  resolution: DNS");
            target.WriteLine("  ports:");
            foreach (int port in ports)
            {
                string?[] asked = [.. host.Where(one => one.Port == port).Select(one => one.Protocol)];
                string protocol = asked.Contains(EgressDenial.Http) ? "HTTP" : port == TlsPort || asked.Contains(EgressDenial.Tls) ? "TLS" : "TCP";
                target.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  - {{number: {port}, name: {protocol.ToLowerInvariant()}-{port}, protocol: {protocol}}}"));
            }
        }
    }
}
