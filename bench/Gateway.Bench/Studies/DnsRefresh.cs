using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Gateway.Bench;

/// <summary>A gateway with thousands of hosts whose addresses are good for a minute: what keeping them fresh costs, without traffic.</summary>
internal static class DnsRefresh
{
    private const int Hosts = 5000;
    private const int Seconds = 60;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    public static async Task<Table> MeasureAsync(StudyContext context)
    {
        await context.Roster.NeedAsync([]);
        await using var server = new DnsAnswers();
        var gateway = new GatewayContender("gateway", context.Roster.Build, _ => Entries(server.Port));
        try
        {
            var watch = Stopwatch.StartNew();
            await gateway.StartAsync(context.Folder, context.Origins);
            using var deadline = new CancellationTokenSource(Patience);
            while (server.Names < Hosts && !deadline.IsCancellationRequested)
                await Task.Delay(100);
            if (server.Names < Hosts)
                throw new InvalidOperationException($"Only {server.Names} names were asked for.");
            double resolved = watch.Elapsed.TotalSeconds;
            int before = server.Asked.Count;
            TimeSpan cpu = gateway.Process!.Cpu();
            await Task.Delay(TimeSpan.FromSeconds(Seconds));
            double percent = (gateway.Process.Cpu() - cpu).TotalSeconds / Seconds * 100;
            IReadOnlyList<long> asked = server.Asked;
            return new Table(["all after s", "CPU %", "queries/s", "most in 1 s"],
                [new TableRow($"{gateway.Name}, {Hosts} hosts", resolved, percent, (double)(asked.Count - before) / Seconds, MostInASecond(asked))]);
        }
        finally
        {
            gateway.Stop();
        }
    }

    // In any second, wherever it begins.
    private static int MostInASecond(IReadOnlyList<long> asked)
    {
        int most = 0, first = 0;
        for (int i = 0; i < asked.Count; i++)
        {
            while (asked[i] - asked[first] >= Stopwatch.Frequency)
                first++;
            most = Math.Max(most, i - first + 1);
        }

        return most;
    }

    // Only what a route leads to is resolved.
    private static string Entries(int port)
    {
        var yaml = new StringBuilder();
        for (int i = 0; i < Hosts; i++)
        {
            yaml.Append(CultureInfo.InvariantCulture, $$"""
                apiVersion: networking.istio.io/v1
                kind: ServiceEntry
                metadata: {name: host-{{i}}, namespace: istio-system, annotations: {egress.gateway/dns-resolvers: "127.0.0.1:{{port}}"} }
                spec:
                  hosts: [host-{{i}}.example.com]
                  location: MESH_EXTERNAL
                  resolution: DNS
                  ports: [{number: 80, name: http, protocol: HTTP}]
                ---
                apiVersion: networking.istio.io/v1
                kind: VirtualService
                metadata: {name: host-{{i}}, namespace: istio-system}
                spec:
                  hosts: [host-{{i}}.example.com]
                  gateways: [bench]
                  http: [{route: [{destination: {host: host-{{i}}.example.com, port: {number: 80} } }]}]
                ---

                """);
        }

        return yaml.ToString();
    }
}
