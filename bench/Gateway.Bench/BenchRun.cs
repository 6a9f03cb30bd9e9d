using System.Diagnostics;
using System.Globalization;

namespace Gateway.Bench;

/// <summary>
/// The whole run: start origin and contenders, then per scenario warm up and measure in interleaved rounds, so that what
/// the machine does otherwise falls on all alike; then memory and start-up; then tables.
/// </summary>
internal static class BenchRun
{
    public static async Task<int> RunAsync(BenchOptions options)
    {
        Scenario[] scenarios = [.. Scenario.All.Where(s => options.Scenarios.Count > 0 ? options.Scenarios.Contains(s.Name) : s.Quick || !options.Quick)];
        if (options.List)
        {
            foreach (Scenario scenario in Scenario.All)
                Console.WriteLine($"{scenario.Name,-12} {scenario.Title}");
            Console.WriteLine($"{"memory",-12} Idle, and with 2,000 idle connections\n{"start",-12} From the start to the first proxied request");
            return 0;
        }

        using var folder = new BenchFolder();
        int http1 = Ports.Free(), http2 = Ports.Free();
        Report.Header(Noise.Measure());
        string log = Path.Combine(folder.Path, "origin.log");
        using ProcessTree origin = ProcessTree.Start(1, log, "dotnet", typeof(BenchRun).Assembly.Location, "origin", Text(http1), Text(http2));
        await Ports.WaitAsync(http2, origin, log);
        Contender[] contenders = [.. Contenders(options)];
        try
        {
            foreach (Contender contender in contenders)
                await contender.StartAsync(folder, http1, http2);
            List<Measurement> measurements = [];
            foreach (Scenario scenario in scenarios)
                measurements.AddRange(await MeasureAsync(scenario, contenders, folder, options));
            bool whole = options.Scenarios.Count == 0 && !options.Quick;
            IReadOnlyList<MemoryFigures> memory = whole || options.Scenarios.Contains("memory") ? await IdleMemory.MeasureAsync(contenders) : [];
            foreach (Contender contender in contenders)
                contender.Process.Dispose();
            IReadOnlyList<StartFigures> starts = whole || options.Scenarios.Contains("start") ? await StartUp.MeasureAsync(Contenders(options), folder, http1, http2) : [];
            Report.Extras(memory, starts);
            if (options.JsonPath is { } path)
                await Report.WriteJsonAsync(path, measurements, memory, starts);
            return measurements.Any(m => m.Errors > 0) ? 1 : 0;
        }
        finally
        {
            foreach (Contender contender in contenders)
                contender.Process?.Dispose();
        }
    }

    private static IEnumerable<Contender> Contenders(BenchOptions options)
    {
        Contender[] all =
        [
            new Nginx(), new Haproxy(), new Yarp(), new GatewayContender("gateway", "--transport", "event-loop"),
            new GatewayContender("gateway-yarp", "--transport", "event-loop", "--upstream-client", "yarp"),
            new GatewayContender("gateway-sslstream", "--transport", "event-loop", "--tls", "sslstream"),
            new GatewayContender("gateway-sockets", "--transport", "sockets"),
        ];
        // The gateway's other ways are only measured when asked for.
        return all.Where(c => options.Contenders.Count > 0 ? options.Contenders.Contains(c.Name) : !c.Name.StartsWith("gateway-", StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<Measurement>> MeasureAsync(Scenario scenario, Contender[] contenders, BenchFolder folder, BenchOptions options)
    {
        Contender[] able = [.. contenders.Where(contender => contender.Can(scenario))];
        foreach (Contender contender in able)
            await WarmUpAsync(scenario, contender, folder, options);
        Dictionary<Contender, List<Sample>> samples = able.ToDictionary(contender => contender, _ => new List<Sample>());
        for (int round = 0; round < options.Rounds; round++)
        {
            foreach (Contender contender in able)
                samples[contender].Add(await SampleAsync(scenario, contender, folder, options.Seconds));
        }

        Measurement[] result = [.. able.Select(contender => new Measurement(scenario.Name, contender.Name, samples[contender]))];
        Report.Scenario(scenario, result);
        return result;
    }

    // Compilation in the background takes requests, not time: on a busy machine a time alone would measure the compiler.
    private static async Task WarmUpAsync(Scenario scenario, Contender contender, BenchFolder folder, BenchOptions options)
    {
        const long Enough = 50_000;
        long requests = 0;
        for (int round = 0; round < 5 && requests < Enough; round++)
        {
            requests += (await scenario.Load(contender, folder, options.Seconds)).Requests;
            if (!contender.NeedsWarmUp)
                return;
        }
    }

    private static async Task<Sample> SampleAsync(Scenario scenario, Contender contender, BenchFolder folder, int seconds)
    {
        using SystemCallCounter? counter = SystemCallCounter.TryStart(contender.Process);
        TimeSpan before = contender.Process.Cpu();
        LoadResult load = await scenario.Load(contender, folder, seconds);
        TimeSpan cpu = contender.Process.Cpu() - before;
        long calls = counter is null ? -1 : await counter.StopAsync();
        return new Sample(cpu, load, calls < 0 || load.Requests == 0 ? double.NaN : (double)calls / load.Requests);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How steady the machine is: the same computation again and again on one CPU.</summary>
internal static class Noise
{
    /// <summary>Median deviation from the median, in percent, of twenty runs.</summary>
    public static double Measure()
    {
        var times = new List<double>();
        ulong value = 1;
        for (int run = 0; run < 20; run++)
        {
            var watch = Stopwatch.StartNew();
            for (int i = 0; i < 20_000_000; i++)
                value = (value * 6364136223846793005) + 1442695040888963407;
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        GC.KeepAlive(value);
        double median = Measurement.Median(times);
        return 100 * Measurement.Median(times.Select(time => Math.Abs(time - median))) / median;
    }
}
